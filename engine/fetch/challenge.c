/* engine/fetch/challenge.c: a list of challenges, each a scheme and its parameters. */
#include "engine/fetch/challenge.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"
#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

/* One challenge as it is read. */
struct reading {
    struct challenge c;
    bool is_spoiled; /* it cannot be used, whatever else it has */
    bool has_realm, has_service, has_error;
};

static bool take_token(const char **at, char ret[CHALLENGE_WORD_MAX])
{
    size_t n = strspn(*at, TOKEN);

    if (!n || n >= CHALLENGE_WORD_MAX)
        return false;
    memcpy(ret, *at, n);
    ret[n] = '\0';
    *at += n;
    return true;
}

/* A token or a quoted string. */
static bool take_value(const char **at, char ret[CHALLENGE_REALM_MAX])
{
    const char *s = *at;
    size_t n = 0;

    if (*s != '"') {
        n = strspn(s, TOKEN);
        if (!n || n >= CHALLENGE_REALM_MAX)
            return false;
        memcpy(ret, s, n);
        s += n;
    } else {
        for (s++; *s && *s != '"' && n + 1 < CHALLENGE_REALM_MAX; s++) {
            s += *s == '\\' && s[1];
            ret[n++] = *s;
        }
        if (*s++ != '"')
            return false;
    }
    ret[n] = '\0';
    *at = s;
    return true;
}

static void keep(char *to, size_t size, bool *has, const char *value, struct reading *r)
{
    /* Two of one name: two readers could take different ones. */
    if (*has || strlen(value) >= size)
        r->is_spoiled = true;
    else
        snprintf(to, size, "%s", value);
    *has = true;
}

static void take_parameter(struct reading *r, const char *name, const char *value)
{
    if (!strcasecmp(name, "realm"))
        keep(r->c.realm, sizeof(r->c.realm), &r->has_realm, value, r);
    else if (!strcasecmp(name, "service"))
        keep(r->c.service, sizeof(r->c.service), &r->has_service, value, r);
    else if (!strcasecmp(name, "error"))
        keep(r->c.error, sizeof(r->c.error), &r->has_error, value, r);
}

static void finish(const struct reading *r, struct challenge *best)
{
    if (!r->is_spoiled && r->c.scheme > best->scheme &&
        (r->c.scheme == CHALLENGE_BASIC || r->c.realm[0]))
        *best = r->c;
}

static struct reading begin(const char *scheme)
{
    return (struct reading){ .c.scheme = !strcasecmp(scheme, "Bearer")  ? CHALLENGE_BEARER
                                         : !strcasecmp(scheme, "Basic") ? CHALLENGE_BASIC
                                                                        : CHALLENGE_NONE };
}

void challenge_take(const char *header, struct challenge *best)
{
    char word[CHALLENGE_WORD_MAX], value[CHALLENGE_REALM_MAX];
    struct reading r = { 0 };

    for (const char *at = header; at += strspn(at, BLANKS ","), *at;) {
        if (!take_token(&at, word)) {
            r.is_spoiled = true;
            at += strcspn(at, ","); /* what it is nobody can tell: on to the next part */
            continue;
        }
        at += strspn(at, BLANKS);
        if (*at != '=') {
            finish(&r, best);
            r = begin(word);
            continue;
        }
        at++;
        at += strspn(at, BLANKS);
        if (take_value(&at, value)) {
            take_parameter(&r, word, value);
        } else {
            r.is_spoiled = true;
            at += strcspn(at, ",");
        }
    }
    finish(&r, best);
}
