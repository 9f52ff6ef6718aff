/* engine/mcp/result.c: bounded, plain, and in two forms. */
#include "engine/mcp/result.h"

#include <inttypes.h>
#include <string.h>

#include "engine/cmd/text.h"
#include "engine/term/plain.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/utf8.h"

#define TEXT_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define ROWS 50
#define COLS 1000

/* Members that hold what a guest printed or keeps. The first two come of a command: what is too
 * much of them is left out in the middle. */
static const char *const guest_texts[] = { "stdout",  "stderr", "output",
                                           "content", "patch",  "screen" };
#define PRINTED 2
#define ENTRY_BYTES_MIN 256  /* that any text in an entry of a list may have */
#define WORDS_BYTES_MAX 2048 /* of a command */
#define WORD_COST 4
#define NEXT "next"

static const char command_runs[] = "running"; /* state of a command */

static bool is_guest_text(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(guest_texts); i++)
        if (!strcmp(guest_texts[i], name))
            return true;
    return false;
}

/* ---- bounds ---- */

/* The longest beginning of at most n bytes that ends with a whole character. */
static size_t whole(const char *s, size_t n)
{
    return n - utf8_unfinished(s, n);
}

static json_t *cut_middle(const char *s, size_t n, size_t most)
{
    size_t head = whole(s, most / 2), tail = n - most / 2;

    while (tail < n && ((unsigned char)s[tail] & 0xc0) == 0x80)
        tail++;
    return json_sprintf("%.*s\n[%zu bytes left out]\n%s", (int)head, s, tail - head, s + tail);
}

/* A pipe has LF at the end of a line, a terminal CR LF. */
static bool put_as_terminal(struct buf *to, const char *s)
{
    bool ok = true;

    for (size_t n; *s && ok; s += n + (s[n] == '\n')) {
        n = strcspn(s, "\n");
        ok = buf_append(to, s, n) && (s[n] != '\n' || buf_append(to, "\r\n", 2));
    }
    return ok;
}

/*
 * As a terminal would have left it: no escape sequences, a progress bar is its last state. A secret
 * that they stood in the middle of is whole only now.
 */
static void make_plain(json_t *given, const char *name, const struct redaction *redaction)
{
    struct plain_options options = { .rows = ROWS, .cols = COLS, .ended = true };
    json_t *value = json_object_get(given, name);
    scoped_buf bytes = BUF_INIT(TEXT_BYTES_MAX);
    struct plain_result plain;
    struct pyro_error why;
    scoped_json json_t *joined = NULL;
    scoped_free char *shown = NULL;

    if (!json_is_string(value) || !strpbrk(json_string_value(value), "\x1b\r\b") ||
        !put_as_terminal(&bytes, json_string_value(value)) ||
        !plain_render(bytes.data, bytes.len, &options, &plain, &why))
        return;
    joined = json_string_lossy(plain.text.len ? plain.text.data : "", plain.text.len);
    buf_release(&plain.text);
    shown = redaction_text(redaction, json_string_value(joined));
    json_object_set_new(given, name, json_string(shown));
}

/* stdout and stderr together are at most so long; a short one leaves the other its part. */
static void bound_printed(json_t *given, const struct redaction *redaction)
{
    size_t lengths[PRINTED], total = 0;

    for (int i = 0; i < PRINTED; i++) {
        make_plain(given, guest_texts[i], redaction);
        lengths[i] = json_string_length(json_object_get(given, guest_texts[i]));
        total += lengths[i];
    }
    if (total <= MCP_TEXT_DEFAULT || json_object_get(given, "cursor"))
        return; /* by a cursor it has its bound */
    for (int i = 0; i < PRINTED; i++) {
        size_t other = lengths[!i] < MCP_TEXT_DEFAULT / 2 ? lengths[!i] : MCP_TEXT_DEFAULT / 2;
        size_t most = MCP_TEXT_DEFAULT - other;
        const char *s = json_string_value(json_object_get(given, guest_texts[i]));

        if (lengths[i] > most)
            json_object_set_new(given, guest_texts[i], cut_middle(s, lengths[i], most));
    }
    json_object_set_new(given, "truncated", json_true());
}

/* All of them together are as long as the output of one call; whether one was cut. */
static bool bound_entries(json_t *list, const struct redaction *redaction)
{
    size_t i, count = json_array_size(list);
    size_t most = MCP_TEXT_DEFAULT / PRINTED / (count ? count : 1);
    bool cut = false;
    json_t *entry, *value;
    const char *name;
    void *next;

    if (most < ENTRY_BYTES_MIN)
        most = ENTRY_BYTES_MIN;
    json_array_foreach (list, i, entry) {
        for (int k = 0; k < PRINTED; k++)
            make_plain(entry, guest_texts[k], redaction);
        json_object_foreach_safe (entry, next, name, value)
            if (json_string_length(value) > most) {
                cut = true;
                json_object_set_new(
                    entry, name,
                    cut_middle(json_string_value(value), json_string_length(value), most));
            }
    }
    return cut;
}

/* The words from `first` on: that one is cut to `most` bytes, the others are counted. */
static void cut_words(json_t *words, size_t first, size_t most)
{
    const char *word = json_string_value(json_array_get(words, first));
    size_t others = json_array_size(words) - first - 1;

    json_array_set_new(words, first, cut_middle(word, strlen(word), most));
    while (json_array_size(words) > first + 1)
        json_array_remove(words, first + 1);
    if (others)
        json_array_append_new(words, json_sprintf("[%zu words left out]", others));
}

/* A command's words, wherever they stand. */
static void bound_words(json_t *value)
{
    size_t i, left = WORDS_BYTES_MAX;
    const char *name;
    json_t *one;

    json_object_foreach (value, name, one)
        if (!is_guest_text(name))
            bound_words(one);
    json_array_foreach (value, i, one) {
        size_t n = json_string_length(one) + WORD_COST;
        if (!json_is_string(one)) {
            bound_words(one);
        } else if (n > left) {
            cut_words(value, i, left);
            return;
        } else {
            left -= n;
        }
    }
}

static bool bound(json_t *given, const struct redaction *redaction)
{
    bool cut = false;
    const char *name;
    json_t *value;

    bound_printed(given, redaction);
    bound_words(given);
    json_object_foreach (given, name, value)
        if (json_is_array(value) && bound_entries(value, redaction))
            cut = true;
    return cut;
}

/* ---- the next call ---- */

/* What reads on a command: {"workspace_id": …, "sequence": …, …}. */
static char *command_arguments(const json_t *given, const json_t *cursor)
{
    scoped_json json_t *arguments =
        json_pack("{s:O, s:O}", "workspace_id", json_object_get(given, "workspace_id"), "sequence",
                  json_object_get(given, "sequence"));

    if (json_is_integer(cursor))
        json_object_set(arguments, "cursor", (json_t *)(uintptr_t)cursor);
    else
        json_object_set_new(arguments, "max_chars", json_integer(MCP_TEXT_MAX));
    return arguments ? json_dumps(arguments, JSON_PRESERVE_ORDER) : NULL;
}

static char *next_of_command(const json_t *given, const json_t *cursor, bool more)
{
    bool runs = !strcmp(json_string_or(given, "state", ""), command_runs);
    scoped_free char *arguments = runs || more ? command_arguments(given, cursor) : NULL;

    if (!arguments)
        return NULL;
    return str_printf("%sworkspace_command_read %s %s", runs ? "It still runs: " : "", arguments,
                      runs ? "waits for more output and for its end" : "reads the rest");
}

/* NULL: there is nothing more. `result` is all of the command's, `cut` says that entries were. */
static char *next_call(const struct cmd_spec *cmd, const json_t *given, const json_t *result,
                       bool cut)
{
    const json_t *cursor = json_object_get(result, "next_cursor");
    bool by_offset = !json_is_string(cursor) && !json_is_integer(cursor);
    scoped_free char *at = NULL;
    bool more = json_bool_or(given, "truncated", false);

    if (json_object_get(given, "sequence"))
        return next_of_command(given, cursor, more);
    if (by_offset)
        cursor = json_object_get(result, "next_offset");
    if (more && cursor && !json_is_null(cursor)) {
        at = json_dumps(cursor, JSON_ENCODE_ANY);
        return str_printf("%s with the same arguments and %s=%s reads on", cmd->tool->name,
                          by_offset ? "offset" : "cursor", at ? at : "");
    }
    if (more && json_object_get(result, "tail_lines"))
        return str_printf("%s with fewer tail_lines gives all of the last ones", cmd->tool->name);
    if (more)
        return str_printf("The rest is gone: write it to a file in a workspace, or print less");
    return cut ? str_printf("workspace_command_read reads all that one of them printed") : NULL;
}

/* ---- the text ---- */

static bool put_scalar(struct buf *to, const char *prefix, const char *name, const json_t *value)
{
    scoped_free char *text = NULL;

    if (json_is_string(value))
        return buf_printf(to, " %s%s=", prefix, name) && text_quote(to, json_string_value(value));
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    return text && buf_printf(to, " %s%s=%s", prefix, name, text);
}

static bool put_object(struct buf *to, const char *prefix, const json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)object, name, value)
        if (!put_scalar(to, prefix, name, value))
            return false;
    return true;
}

static bool is_list_of_objects(const json_t *value)
{
    return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

/* The first line: what is short. */
static bool put_head(struct buf *to, const char *title, const json_t *given)
{
    const char *name;
    json_t *value;
    bool ok = buf_printf(to, "[%s]", title);

    json_object_foreach ((json_t *)(uintptr_t)given, name, value)
        if (!is_guest_text(name) && !is_list_of_objects(value) && strcmp(name, NEXT) != 0)
            ok = ok && put_scalar(to, "", name, value);
    return ok && buf_append_str(to, "\n");
}

static bool put_lists(struct buf *to, const json_t *given)
{
    const char *name;
    json_t *value;
    bool ok = true;

    json_object_foreach ((json_t *)(uintptr_t)given, name, value) {
        if (!is_list_of_objects(value))
            continue;
        ok = ok && buf_printf(to, "%s:\n", name);
        for (size_t i = 0; i < json_array_size(value); i++)
            ok = ok && buf_append_str(to, " ") && put_object(to, "", json_array_get(value, i)) &&
                 buf_append_str(to, "\n");
    }
    return ok;
}

/* The rows of a screen, those at its end without the blank ones. */
static bool put_screen(struct buf *to, const json_t *screen)
{
    const json_t *rows = json_object_get(screen, "rows");
    size_t count = json_array_size(rows);
    bool ok = !json_is_object(screen) || buf_append_str(to, "screen (text of the guest):\n");

    while (count && !json_string_length(json_array_get(rows, count - 1)))
        count--;
    for (size_t i = 0; i < count; i++)
        ok = ok && buf_printf(to, "%s\n", json_string_value(json_array_get(rows, i)));
    return ok;
}

static bool put_guest_texts(struct buf *to, const json_t *given)
{
    bool ok = put_screen(to, json_object_get(given, "screen"));

    for (size_t i = 0; i < ARRAY_SIZE(guest_texts); i++) {
        const char *text = json_string_or(given, guest_texts[i], "");
        size_t n = strlen(text);

        if (n)
            ok = ok && buf_printf(to, "%s (text of the guest):\n", guest_texts[i]) &&
                 buf_append(to, text, n) && (text[n - 1] == '\n' || buf_append_str(to, "\n"));
    }
    return ok;
}

static json_t *content_of(const char *text, size_t n)
{
    return json_pack("[{s:s, s:o}]", "type", "text", "text", json_string_lossy(text, n));
}

/* Takes what is given. */
static json_t *in_both_forms(const struct cmd_spec *cmd, json_t *given)
{
    const char *next = json_string_or(given, NEXT, NULL);
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);

    if (!put_head(&text, cmd->tool->name, given) || (next && !buf_printf(&text, "%s.\n", next)) ||
        !put_lists(&text, given) || !put_guest_texts(&text, given))
        (void)!buf_append_str(&text, "\n[the rest is too long]\n");
    return json_pack("{s:o, s:o}", "content", content_of(text.data, text.len), "structuredContent",
                     given);
}

json_t *mcp_result(const struct cmd_spec *cmd, const json_t *result,
                   const struct redaction *redaction)
{
    json_t *given = mcp_tool_result(cmd, result);
    bool cut = bound(given, redaction);
    scoped_free char *next = next_call(cmd, given, result, cut);

    if (next)
        json_object_set_new(given, NEXT, json_string(next));
    return in_both_forms(cmd, given);
}

json_t *mcp_result_under_way(const struct cmd_spec *cmd, int seconds)
{
    return in_both_forms(
        cmd, json_pack("{s:s, s:o}", "state", "running", NEXT,
                       json_sprintf("It takes longer than %d s and goes on: call %s again with "
                                    "exactly the same arguments to wait for its result. That "
                                    "begins nothing new",
                                    seconds, cmd->tool->name)));
}

/* ---- errors ---- */

/* What a model does next, where the hint of a command line names commands. */
static const struct {
    enum pyro_code code;
    const char *next;
} next_steps[] = {
    { PYRO_WORKSPACE_NOT_FOUND,
      "workspace_list shows those that are there; workspace_create makes one" },
    { PYRO_WORKSPACE_AMBIGUOUS, "give more characters of the id" },
    { PYRO_WORKSPACE_STATE,
      "workspace_list shows its state; workspace_start, of the profile workspace-full, starts a "
      "stopped one" },
    { PYRO_SHELL_NOT_FOUND, "workspace_summary shows those that run; shell_open opens one" },
    { PYRO_SHELL_STATE, "shell_read shows its state; shell_open opens another" },
    { PYRO_SNAPSHOT_NOT_FOUND, "snapshot_list shows those that are there" },
    { PYRO_SERVICE_NOT_FOUND, "service_list shows those that are there; service_start starts one" },
    { PYRO_SERVICE_STATE, "service_status shows its state" },
    { PYRO_SERVICE_FAILED, "service_logs shows what it printed" },
    { PYRO_COMMAND_NOT_FOUND, "workspace_summary shows the last ones" },
    { PYRO_FILE_NOT_FOUND, "workspace_file_list shows what is there" },
    { PYRO_SECRET_NOT_FOUND, "workspace_create is where a workspace gets its secrets" },
    { PYRO_GUEST_LOST, "workspace_list shows its state" },
};

static const char *next_step(const struct pyro_error *error)
{
    for (size_t i = 0; i < ARRAY_SIZE(next_steps); i++)
        if (next_steps[i].code == error->code)
            return next_steps[i].next;
    return pyro_error_hint(error);
}

json_t *mcp_result_of_error(const struct pyro_error *error)
{
    const char *next = next_step(error);
    scoped_free char *text = str_printf("%s: %s%s%s", pyro_code_name(error->code), error->message,
                                        *next ? ". Next: " : "", next);

    return json_pack("{s:o, s:b}", "content", content_of(text, strlen(text)), "isError", 1);
}
