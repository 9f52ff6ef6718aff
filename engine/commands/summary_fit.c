/* engine/commands/summary_fit.c: measured as it is shown, secrets taken out. */
#include "engine/commands/summary_fit.h"

#include <string.h>

#include "engine/cmd/output.h"
#include "engine/cmd/text.h"
#include "engine/mcp/result.h"
#include "vmm/base/json.h"
#include "vmm/base/utf8.h"

#define TEXT_BYTES 80
#define WORDS_BYTES_MAX (256 * 1024)
#define CUT "…"

json_t *summary_text(const struct cmd_io *io, const char *text)
{
    scoped_free char *shown = redaction_text(&io->redaction, text);
    size_t n = shown ? strlen(shown) : 0;

    if (!shown)
        return json_null();
    if (n <= TEXT_BYTES)
        return json_string_lossy(shown, n);
    n = TEXT_BYTES - utf8_unfinished(shown, TEXT_BYTES);
    memcpy(shown + n, "", 1);
    return json_sprintf("%s" CUT, shown);
}

json_t *summary_words(const struct cmd_io *io, const json_t *words)
{
    scoped_buf line = BUF_INIT(WORDS_BYTES_MAX);

    for (size_t i = 0; i < json_array_size(words) && line.len <= WORDS_BYTES_MAX / 2; i++) {
        scoped_free char *shown =
            redaction_text(&io->redaction, json_string_value(json_array_get(words, i)));

        if (!shown || (i && !buf_append_str(&line, " ")) || !text_quote(&line, shown))
            break;
    }
    return summary_text(io, line.len ? line.data : "");
}

/* ---- sizes ---- */

static size_t json_bytes(const json_t *shown)
{
    scoped_free char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    bool ok = out && output_json(shown, out);

    if (!out || fclose(out) != 0 || !ok)
        return SIZE_MAX;
    return n;
}

static size_t human_bytes(const struct cmd_spec *cmd, const json_t *shown)
{
    scoped_free char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return SIZE_MAX;
    cmd->print(shown, out);
    return fclose(out) == 0 ? n : SIZE_MAX;
}

/* The text for a model: its structured form is shorter than --json. */
static size_t model_bytes(const struct cmd_spec *cmd, const struct cmd_io *io, const json_t *shown)
{
    scoped_json json_t *given = mcp_result(cmd, shown, &io->redaction);

    return json_string_length(
        json_object_get(json_array_get(json_object_get(given, "content"), 0), "text"));
}

static bool fits(const struct cmd_spec *cmd, const struct cmd_io *io, const json_t *result)
{
    scoped_json json_t *shown = json_deep_copy(result);

    if (!shown)
        return false;
    redaction_result(&io->redaction, cmd->result, shown);
    return json_bytes(shown) <= SUMMARY_BYTES_MAX && human_bytes(cmd, shown) <= SUMMARY_BYTES_MAX &&
           model_bytes(cmd, io, shown) <= SUMMARY_BYTES_MAX;
}

bool summary_fit(const struct cmd_spec *cmd, const struct cmd_io *io, json_t *result,
                 const char *const *lists, struct pyro_error *err)
{
    while (!fits(cmd, io, result)) {
        json_t *longest = NULL;

        for (const char *const *name = lists; *name; name++) {
            json_t *list = json_object_get(result, *name);

            if (json_array_size(list) > json_array_size(longest))
                longest = list;
        }
        if (!longest)
            return pyro_fail(err, PYRO_INTERNAL, "the summary is longer than %d bytes",
                             SUMMARY_BYTES_MAX);
        json_array_remove(longest, json_array_size(longest) - 1);
    }
    return true;
}
