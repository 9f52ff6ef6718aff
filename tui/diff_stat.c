/* tui/diff_stat.c: " modified     /workspace/kept  +1 -1" as letter, counts, bar and path. */
#include "tui/diff_stat.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/sgr.h"
#include "tui/curses.h"
#include "tui/theme.h"

#define PATH_AT 14 /* where the path begins in such a line */
#define BAR_COLS 5
#define COUNTS_MAX 48

struct entry {
    char letter;
    bool counted;
    unsigned long long added, deleted;
    const char *path, *rest, *end; /* `rest`: what is behind the path and the counts */
};

/* ---- reading ---- */

static const char *last_of(const char *from, const char *end, const char *what)
{
    const char *found = NULL;

    for (const char *at = from; (at = memmem(at, (size_t)(end - at), what, strlen(what))); at++)
        found = at;
    return found;
}

static char letter_of(const char *word, size_t n)
{
    static const char *const statuses[] = { "added", "modified", "deleted", "type_changed" };

    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
        if (n == strlen(statuses[i]) && memcmp(word, statuses[i], n) == 0)
            return (char)toupper((unsigned char)*word);
    return '\0';
}

/* "+1 -1", and nothing else: a name may end in what looks like counts. */
static bool read_counts(const char *at, const char *end, struct entry *ret)
{
    char text[COUNTS_MAX], added[19], deleted[19]; /* digits that can be added up */
    int used = 0;

    if (end - at >= COUNTS_MAX)
        return false;
    snprintf(text, sizeof(text), "%.*s", (int)(end - at), at);
    if (sscanf(text, "+%18[0-9] -%18[0-9]%n", added, deleted, &used) != 2 || text[used])
        return false;
    ret->added = strtoull(added, NULL, 10);
    ret->deleted = strtoull(deleted, NULL, 10);
    return true;
}

static bool entry_read(const char *line, size_t n, struct entry *ret)
{
    const char *space = n > PATH_AT && *line == ' ' ? memchr(line + 1, ' ', PATH_AT - 1) : NULL;
    const char *counts;

    *ret = (struct entry){ .letter = space ? letter_of(line + 1, (size_t)(space - line - 1)) : 0 };
    if (!ret->letter)
        return false;
    ret->path = line + PATH_AT;
    ret->end = line + n;
    ret->rest = last_of(ret->path, ret->end, "  mode ");
    if (!ret->rest)
        ret->rest = ret->end;
    counts = last_of(ret->path, ret->rest, "  +");
    ret->counted = counts && read_counts(counts + 2, ret->rest, ret);
    if (ret->counted)
        return true;
    counts = last_of(ret->path, ret->rest, "  (");
    if (counts)
        ret->rest = counts;
    return true;
}

/* Where the path ends: in front of the counts. */
static const char *path_end(const struct entry *e)
{
    const char *counts = e->counted ? last_of(e->path, e->rest, "  +") : NULL;

    return counts ? counts : e->rest;
}

size_t diff_stat_measure(struct diff_stat *s, const char *text, size_t n)
{
    size_t at = 0;

    *s = (struct diff_stat){ 0 };
    while (at < n) {
        const char *newline = memchr(text + at, '\n', n - at);
        size_t length = newline ? (size_t)(newline - text) - at : n - at;
        struct entry e;
        int added, deleted;
        if (!entry_read(text + at, length, &e))
            break;
        added = e.counted ? snprintf(NULL, 0, "+%llu", e.added) : 0;
        deleted = e.counted ? snprintf(NULL, 0, "-%llu", e.deleted) : 0;
        if (added > s->added_cols)
            s->added_cols = added;
        if (deleted > s->deleted_cols)
            s->deleted_cols = deleted;
        at += length + (newline != NULL);
    }
    return at;
}

/* ---- showing ---- */

struct shown {
    char *text;
    uint64_t *looks;
    size_t len, size;
};

static uint64_t look_of(enum role role)
{
    struct style s = theme_style(role);
    unsigned attr = (s.attrs & A_BOLD ? TERM_BOLD : 0) | (s.attrs & A_DIM ? TERM_DIM : 0);

    return SGR_LOOK(s.fg, TERM_COLOR_DEFAULT, attr);
}

static void put(struct shown *to, uint64_t look, const char *text, size_t n)
{
    if (to->len + n > to->size)
        n = to->size - to->len;
    memcpy(to->text + to->len, text, n);
    for (size_t i = 0; to->looks && i < n; i++)
        to->looks[to->len + i] = look;
    to->len += n;
}

static void put_count(struct shown *to, enum role role, int cols, char sign,
                      unsigned long long count, bool counted)
{
    char text[COUNTS_MAX] = "", padded[COUNTS_MAX];

    if (counted)
        snprintf(text, sizeof(text), "%c%llu", sign, count);
    snprintf(padded, sizeof(padded), " %*s", cols, text);
    put(to, look_of(count ? role : ROLE_DIM), padded, strlen(padded));
}

/* Full squares for what was added, hollow ones for what was deleted, by their shares. */
static void put_bar(struct shown *to, const struct entry *e)
{
    unsigned long long all = e->added + e->deleted;
    int squares = all < BAR_COLS ? (int)all : BAR_COLS;
    int full = all ? (int)((double)e->added / (double)all * squares + 0.5) : 0;

    if (e->added && !full)
        full = 1;
    if (e->deleted && full == squares && squares > 1)
        full--;
    put(to, 0, "  ", 2);
    for (int i = 0; i < BAR_COLS; i++) {
        const char *square = i >= squares ? " " : i < full ? "■" : "□";
        put(to, look_of(i < full ? ROLE_GOOD : ROLE_BAD), square, strlen(square));
    }
}

size_t diff_stat_show(const struct diff_stat *s, const char *line, size_t n, char *ret,
                      uint64_t *looks, size_t size)
{
    struct shown to = { .text = ret, .looks = looks, .size = size };
    struct entry e;
    enum role role;

    if (!entry_read(line, n, &e))
        return 0;
    role = e.letter == 'A' ? ROLE_GOOD : e.letter == 'D' ? ROLE_BAD : ROLE_WARN;
    put(&to, 0, " ", 1);
    put(&to, look_of(role), &e.letter, 1);
    if (s->added_cols) {
        put_count(&to, ROLE_GOOD, s->added_cols, '+', e.added, e.counted);
        put_count(&to, ROLE_BAD, s->deleted_cols, '-', e.deleted, e.counted);
        put_bar(&to, &e);
    }
    put(&to, 0, "  ", 2);
    put(&to, look_of(ROLE_TEXT), e.path, (size_t)(path_end(&e) - e.path));
    put(&to, look_of(ROLE_DIM), e.rest, (size_t)(e.end - e.rest));
    return to.len;
}
