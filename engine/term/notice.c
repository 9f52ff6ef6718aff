/* engine/term/notice.c: the three forms of a notification. */
#include "engine/term/notice.h"

#include <string.h>

#include "vmm/base/base64.h"

/* A part of the string that is not consumed yet. */
struct part {
    const char *s;
    size_t n;
};

/* Takes what is before the next `end`, and that; all of it when there is none. */
static struct part take(struct part *from, char end)
{
    const char *at = from->n ? memchr(from->s, end, from->n) : NULL;
    struct part taken = { from->s, at ? (size_t)(at - from->s) : from->n };

    from->s += taken.n + (at != NULL);
    from->n -= taken.n + (at != NULL);
    return taken;
}

static bool is(struct part p, const char *word)
{
    return p.n == strlen(word) && !memcmp(p.s, word, p.n);
}

static bool is_number(struct part p)
{
    size_t i = 0;

    while (i < p.n && p.s[i] >= '0' && p.s[i] <= '9')
        i++;
    return i > 0 && i == p.n;
}

static void put(char *ret, size_t size, size_t *used, struct part p)
{
    for (size_t i = 0; i < p.n && *used + 1 < size; i++)
        ret[(*used)++] = p.s[i];
    ret[*used] = '\0';
}

/* What could be decoded: its end may have been cut. */
static void put_base64(char *ret, size_t size, size_t *used, struct part p)
{
    scoped_buf text = BUF_INIT(p.n);

    (void)!base64_decode(&text, p.s, p.n);
    put(ret, size, used, (struct part){ text.data, text.len });
}

/* 777;notify;TITLE;BODY */
static bool notice_of_777(struct part s, char *ret, size_t size)
{
    size_t used = 0;
    struct part title;

    if (!is(take(&s, ';'), "notify"))
        return false;
    title = take(&s, ';');
    put(ret, size, &used, title);
    if (title.n && s.n)
        put(ret, size, &used, (struct part){ ": ", 2 });
    put(ret, size, &used, s);
    return true;
}

/* 99;KEY=VALUE:…;TEXT: p=title, which is the default, and e=1 for base64. */
static bool notice_of_99(struct part s, char *ret, size_t size)
{
    struct part keys = take(&s, ';');
    bool coded = false;
    size_t used = 0;

    while (keys.n) {
        struct part value = take(&keys, ':'), key = take(&value, '=');
        if (is(key, "p") && !is(value, "title"))
            return false;
        coded = coded || (is(key, "e") && is(value, "1"));
    }
    if (coded)
        put_base64(ret, size, &used, s);
    else
        put(ret, size, &used, s);
    return s.n > 0;
}

bool notice_of_string(char kind, const char *s, size_t n, char *ret, size_t size)
{
    struct part left = { s, n }, rest;
    struct part number = take(&left, ';');
    size_t used = 0;

    ret[0] = '\0';
    if (kind != ']')
        return false;
    if (is(number, "777"))
        return notice_of_777(left, ret, size);
    if (is(number, "99"))
        return notice_of_99(left, ret, size);
    rest = left;
    if (!is(number, "9") || !left.n || is_number(take(&rest, ';')))
        return false;
    put(ret, size, &used, left);
    return true;
}
