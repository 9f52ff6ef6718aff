/* engine/cmd/text.c: escapes, shell quoting and near misses. */
#include "engine/cmd/text.h"

#include <string.h>

#include "vmm/base/printable.h"
#include "vmm/base/utf8.h"

/* How much of a text begins with that needs no look: it is most of most texts. */
static size_t plain_length(const char *s)
{
    size_t n = 0;

    while (s[n] >= ' ' && s[n] < 0x7f)
        n++;
    return n;
}

static void print_escaped(FILE *out, const char *s, const char *keep)
{
    char one[16];
    size_t left = s ? strlen(s) : 0;

    while (left) {
        size_t n = plain_length(s);

        if (n) {
            fwrite(s, 1, n, out);
            s += n;
            left -= n;
            continue;
        }
        n = printable_one(s, left, one);
        if (strchr(keep, *s))
            fputc(*s, out);
        else
            fputs(one, out);
        s += n;
        left -= n;
    }
}

void text_print(FILE *out, const char *s)
{
    print_escaped(out, s, "");
}

void text_print_lines(FILE *out, const char *s)
{
    print_escaped(out, s, "\n\t");
}

bool text_escape(struct buf *to, const char *s)
{
    char one[16];
    size_t left = strlen(s);

    while (left) {
        size_t n = printable_one(s, left, one);

        if (!buf_append_str(to, one))
            return false;
        s += n;
        left -= n;
    }
    return true;
}

bool text_escape_lines(struct buf *to, const char *bytes, size_t n)
{
    char one[16];

    for (size_t i = 0; i < n;) {
        if (bytes[i] == '\n' || bytes[i] == '\t') {
            if (!buf_append(to, &bytes[i++], 1))
                return false;
        } else {
            i += printable_one(bytes + i, n - i, one);
            if (!buf_append_str(to, one))
                return false;
        }
    }
    return true;
}

static bool has_unsafe(const char *s)
{
    for (size_t left = strlen(s), n; left; s += n, left -= n) {
        n = utf8_valid_length(s, left);
        if (!n || printable_is_unsafe(s, n))
            return true;
    }
    return false;
}

bool text_quote(struct buf *to, const char *word)
{
    bool ansi = has_unsafe(word);

    if (*word && !ansi && !strpbrk(word, " '\"\\$`*?[]{}()<>|&;#~!"))
        return buf_append_str(to, word);
    if (!buf_append_str(to, ansi ? "$'" : "'"))
        return false;
    for (size_t left = strlen(word), n; left; word += n, left -= n) {
        char one[16];

        n = printable_one(word, left, one);
        if (*word == '\'') {
            if (!buf_append_str(to, ansi ? "\\'" : "'\\''"))
                return false;
        } else if (!buf_append_str(to, ansi && *word == '\\' ? "\\\\" : one)) {
            return false;
        }
    }
    return buf_append_str(to, "'");
}

bool text_quote_words(struct buf *to, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((i && !buf_append_str(to, " ")) || !text_quote(to, words[i]))
            return false;
    return true;
}

#define NEAR_MAX 40 /* longer words are compared by their first bytes */

/* Edits between a and b, a swap of neighbours counting as one (restricted Damerau-Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][NEAR_MAX + 1];
    size_t la = strnlen(a, NEAR_MAX), lb = strnlen(b, NEAR_MAX);
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= lb; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned *spare = before;

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[lb];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    size_t len = strlen(word);
    unsigned best_distance = len < 4 ? 2 : len < 8 ? 3 : 4; /* must be below */

    for (; *candidates; candidates++) {
        unsigned d = distance(word, *candidates);

        if (len >= 3 && !strncmp(word, *candidates, len))
            d = 1;
        if (d < best_distance) {
            best_distance = d;
            best = *candidates;
        }
    }
    return best;
}
