/* engine/cmd/output.c: results, errors and the end of standard output. */
#include "engine/cmd/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd/text.h"
#include "vmm/base/json.h"
#include "vmm/base/printable.h"
#include "vmm/base/utf8.h"

#define ERROR_LINE_MAX 8192 /* a message and a hint, each byte as an escape of four */

/*
 * jansson escapes what JSON demands, which leaves DEL, the C1 controls and the characters that
 * reorder a line. In JSON they only occur inside strings, where \uXXXX means the same.
 */
static void print_json_text(const char *s, FILE *out)
{
    size_t left = strlen(s);

    while (left) {
        size_t plain = strcspn(s, "\x7f\xc2\xd8\xe2\xef"), n;

        fwrite(s, 1, plain, out);
        s += plain;
        left -= plain;
        if (!left)
            return;
        n = utf8_valid_length(s, left);
        if (n && printable_is_unsafe(s, n)) {
            scoped_buf escaped = BUF_INIT(64);
            char one[8];

            memcpy(one, s, n);
            one[n] = '\0';
            if (n == 1)
                fputs("\\u007f", out);
            else if (text_escape(&escaped, one))
                fputs(escaped.data, out);
        } else {
            n = n ? n : 1;
            fwrite(s, 1, n, out);
        }
        s += n;
        left -= n;
    }
}

bool output_json(const json_t *j, FILE *out)
{
    scoped_free char *text =
        json_dumps(j, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

    if (!text)
        return false;
    print_json_text(text, out);
    fputc('\n', out);
    return true;
}

char *output_json_line(const json_t *j)
{
    scoped_free char *text =
        json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    char *line = NULL;
    size_t n;
    FILE *out = text ? open_memstream(&line, &n) : NULL;

    if (!out)
        return NULL;
    print_json_text(text, out);
    fputc('\n', out);
    if (fclose(out) == 0)
        return line;
    free(line);
    return NULL;
}

json_t *output_error_object(const struct pyro_error *error)
{
    const char *hint = pyro_error_hint(error);

    return json_pack("{s:s, s:o, s:o}", "code", pyro_code_name(error->code), "message",
                     json_string_lossy(error->message, strlen(error->message)), "hint",
                     json_string_lossy(hint, strlen(hint)));
}

/* One write(2): lines of processes that share a standard error do not mix. */
static void output_line(const char *message, const char *hint)
{
    scoped_buf line = BUF_INIT(ERROR_LINE_MAX);

    if (buf_append_str(&line, "pyro: ") && text_escape(&line, message) &&
        (!*hint ||
         (buf_append_str(&line, " (") && text_escape(&line, hint) && buf_append_str(&line, ")"))) &&
        buf_append_str(&line, "\n"))
        (void)!write(STDERR_FILENO, line.data, line.len);
}

void output_error(const struct pyro_error *error, bool json, FILE *out)
{
    const char *hint = pyro_error_hint(error);

    if (json) {
        scoped_json json_t *object = json_pack("{s:o}", "error", output_error_object(error));

        if (object && output_json(object, out))
            return;
    }
    output_line(error->message, hint);
}

bool output_finish(FILE *out, struct pyro_error *err)
{
    bool failed = ferror(out);

    errno = 0;
    if (fflush(out) || failed || fclose(out)) {
        if (!errno)
            errno = EIO;
        return pyro_fail_errno(err, "writing standard output");
    }
    return true;
}
