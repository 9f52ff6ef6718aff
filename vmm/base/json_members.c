/* vmm/base/json_members.c: the members of an object, one after the other. */
#include "vmm/base/json_members.h"

#include <string.h>

#define DIGITS_MAX 18 /* always fit */

static void skip_blank(struct json_members *m)
{
    while (m->at < m->end && (*m->at == ' ' || *m->at == '\n' || *m->at == '\t' || *m->at == '\r'))
        m->at++;
}

static bool take(struct json_members *m, char c)
{
    skip_blank(m);
    if (m->at == m->end || *m->at != c)
        return false;
    m->at++;
    return true;
}

/* Past a string that begins here. */
static bool skip_string(struct json_members *m)
{
    for (m->at++; m->at < m->end && *m->at != '"'; m->at++) {
        if ((unsigned char)*m->at < ' ')
            return false;
        if (*m->at == '\\' && ++m->at == m->end)
            return false;
    }
    return m->at < m->end && m->at++;
}

/* Past an object or a list that begins here. */
static bool skip_nested(struct json_members *m)
{
    int depth = 0;

    do {
        char c = m->at < m->end ? *m->at : '\0';
        if (c == '"') {
            if (!skip_string(m))
                return false;
            continue;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (!c || depth > JSON_DEPTH_MAX)
            return false;
        m->at++;
    } while (depth);
    return true;
}

static bool skip_value(struct json_members *m)
{
    static const char scalar[] = "0123456789+-.eEaflnrstu"; /* of numbers, true, false and null */
    const char *from = m->at;

    if (m->at == m->end)
        return false;
    if (*m->at == '"')
        return skip_string(m);
    if (*m->at == '{' || *m->at == '[')
        return skip_nested(m);
    while (m->at < m->end && *m->at && strchr(scalar, *m->at))
        m->at++;
    return m->at > from;
}

/* The end of the object. */
static bool end(struct json_members *m)
{
    if (!take(m, '}'))
        return false;
    skip_blank(m);
    m->whole = m->at == m->end;
    return true;
}

bool json_members_next(struct json_members *m, struct json_span *ret_name,
                       struct json_span *ret_value)
{
    const char *name, *value;

    if (m->whole || (!m->begun && !take(m, '{')))
        return false;
    if (end(m) || (m->begun && !take(m, ',')))
        return false;
    m->begun = true;
    skip_blank(m);
    name = m->at;
    if (m->at == m->end || *m->at != '"' || !skip_string(m))
        return false;
    *ret_name = (struct json_span){ name + 1, (size_t)(m->at - name) - 2 };
    if (memchr(ret_name->text, '\\', ret_name->n) || !take(m, ':'))
        return false;
    skip_blank(m);
    value = m->at;
    if (!skip_value(m))
        return false;
    *ret_value = (struct json_span){ value, (size_t)(m->at - value) };
    return true;
}

/* A number of few digits; false: it is more than that. */
static bool read_digits(const struct json_span *v, json_int_t *ret)
{
    json_int_t number = 0;

    if (v->n > DIGITS_MAX || (v->n > 1 && *v->text == '0'))
        return false;
    for (size_t i = 0; i < v->n; i++) {
        if (v->text[i] < '0' || v->text[i] > '9')
            return false;
        number = number * 10 + (v->text[i] - '0');
    }
    *ret = number;
    return true;
}

json_t *json_span_parse(const struct json_span *v)
{
    json_int_t number;

    if (v->n == 4 && !memcmp(v->text, "null", 4))
        return json_null();
    if (v->n == 5 && !memcmp(v->text, "false", 5))
        return json_false();
    if (*v->text == '"' && !memchr(v->text, '\\', v->n))
        return json_stringn(v->text + 1, v->n - 2);
    if (read_digits(v, &number))
        return json_integer(number);
    return json_loadb(v->text, v->n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}
