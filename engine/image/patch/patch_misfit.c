/* engine/image/patch/patch_misfit.c: why a hunk does not fit. Its lines are searched for once more
 * with one thing after another left out of the comparison; the first that helps is the reason. */
#include <string.h>

#include "engine/image/patch/patch_lines.h"

enum leaving_out { NOTHING, NEWLINE, CARRIAGE_RETURN, BOM, BLANKS_AT_END, BLANKS };

static size_t cut_end(const struct line *l, const char *of)
{
    size_t n = l->length;

    while (n && strchr(of, l->bytes[n - 1]) && l->bytes[n - 1])
        n--;
    return n;
}

static bool same_without_blanks(const struct line *a, const struct line *b)
{
    size_t i = 0, k = 0;

    for (;;) {
        while (i < a->length && a->bytes[i] && strchr(" \t\r\n", a->bytes[i]))
            i++;
        while (k < b->length && b->bytes[k] && strchr(" \t\r\n", b->bytes[k]))
            k++;
        if (i == a->length || k == b->length)
            return i == a->length && k == b->length;
        if (a->bytes[i++] != b->bytes[k++])
            return false;
    }
}

static bool same(const struct line *text, const struct line *old, enum leaving_out what)
{
    static const char *const ends[] = { [NOTHING] = "",
                                        [NEWLINE] = "\n",
                                        [CARRIAGE_RETURN] = "\r\n",
                                        [BOM] = "\r\n",
                                        [BLANKS_AT_END] = " \t\r\n" };
    size_t n, m;
    const char *bytes = text->bytes;

    if (what == BLANKS)
        return same_without_blanks(text, old);
    n = cut_end(text, ends[what]);
    m = cut_end(old, ends[what]);
    if (what == BOM && n >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
        bytes += 3, n -= 3;
    return n == m && !memcmp(bytes, old->bytes, n);
}

/* The place of the lines nearest to where they should be. */
static bool find(const struct lines *text, const struct lines *old, size_t named,
                 enum leaving_out what, size_t *ret)
{
    size_t best = SIZE_MAX;

    for (size_t at = 0; old->count && old->count <= text->count && at <= text->count - old->count;
         at++) {
        size_t far = at > named ? at - named : named - at, i = 0;
        if (far >= best)
            continue;
        while (i < old->count && same(&text->items[at + i], &old->items[i], what))
            i++;
        if (i < old->count)
            continue;
        best = far;
        *ret = at;
    }
    return best != SIZE_MAX;
}

static bool is_patched(const struct lines *text, size_t at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text->items[at + i].patched)
            return true;
    return false;
}

static bool has_cr(const struct line *l)
{
    return l->length >= 2 && l->bytes[l->length - 2] == '\r';
}

/* The lines are there, but a hunk like this may not go there. */
static void tell_place(const struct lines *text, const struct sides *s, size_t at, struct buf *to,
                       const char **ret_hint)
{
    bool bare = s->changes == s->old.count + s->new.count, ok;

    if (is_patched(text, at, s->old.count)) {
        ok = buf_printf(to, "an earlier hunk has changed its lines (line %zu)", at + 1);
    } else if (!s->trailing) {
        ok = buf_printf(to,
                        "its lines are at line %zu, but without context lines at its end it fits "
                        "only the end of the file%s",
                        at + 1, bare ? " (was the patch made with -U0?)" : "");
        *ret_hint = "make the patch with context lines";
    } else {
        ok = buf_printf(to,
                        "its lines are at line %zu, but a hunk that begins at line 1 fits only the "
                        "beginning of the file",
                        at + 1);
        *ret_hint = "write the line's number into '@@ -LINE,COUNT +LINE,COUNT @@'";
    }
    BUG_ON(!ok);
}

static void tell_difference(const struct lines *text, const struct lines *old,
                            enum leaving_out what, size_t at, struct buf *to, const char **ret_hint)
{
    static const char *const reasons[] = {
        [BOM] = "the file begins with a byte order mark (BOM), and the hunk does not",
        [NEWLINE] = "at the end of the file, one of the two lacks its newline",
        [BLANKS_AT_END] = "its lines have other blanks at their ends",
        [BLANKS] = "its lines have other blanks",
    };
    static const char *const hints[] = {
        [BOM] = "put the three bytes before the hunk's first line",
        [NEWLINE] = "'\\ No newline at end of file' follows a line without one",
        [BLANKS_AT_END] = "write the lines as they are in the file",
        [BLANKS] = "write the lines as they are in the file",
    };
    bool ok;

    if (what == CARRIAGE_RETURN) {
        size_t i = 0;
        while (i + 1 < old->count && has_cr(&text->items[at + i]) == has_cr(&old->items[i]))
            i++;
        ok = buf_append_str(to, has_cr(&text->items[at + i])
                                    ? "the file's lines end in CR LF, and the hunk's in LF"
                                    : "the file's lines end in LF, and the hunk's in CR LF");
        *ret_hint = "lines must end in the patch as they end in the file";
    } else {
        ok = buf_append_str(to, reasons[what]);
        *ret_hint = hints[what];
    }
    BUG_ON(!ok || !buf_printf(to, " (line %zu)", at + 1));
}

bool patch_misfit(const struct patch_file *f, size_t number, const struct lines *text,
                  const struct sides *s, struct pyro_error *err)
{
    const struct patch_hunk *h = &f->hunks[number];
    size_t named = h->new_start ? h->new_start - 1 : 0, at = 0;
    const char *hint = s->old.count && s->changes == s->old.count + s->new.count
                           ? "make the patch with context lines"
                           : "read the file and make the patch again";
    scoped_buf why = BUF_INIT(512);
    enum leaving_out what = NOTHING;

    while (what <= BLANKS && !find(text, &s->old, named, what, &at))
        what++;
    if (!s->old.count)
        BUG_ON(!buf_append_str(&why, "it has no line that says where it belongs"));
    else if (what == NOTHING)
        tell_place(text, s, at, &why, &hint);
    else if (what <= BLANKS)
        tell_difference(text, &s->old, what, at, &why, &hint);
    else
        BUG_ON(!buf_printf(&why, "its lines are not at line %u, nor anywhere else", h->old_start));
    pyro_fail(err, PYRO_PATCH_REJECTED,
              "'%.300s': hunk %zu of %zu (line %u of the patch) does not fit the file: %s",
              patch_file_name(f), number + 1, f->hunk_count, h->line, why.data);
    return pyro_hint(err, "nothing was written; %s", hint);
}
