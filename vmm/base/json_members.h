/*
 * The members of a JSON object, one after the other, from its text and without a tree: for a few
 * members of many small objects. It accepts less than JSON: what is not plain is left to
 * json_parse().
 */
#ifndef PYRO_JSON_MEMBERS_H
#define PYRO_JSON_MEMBERS_H

#include "vmm/base/json.h"

struct json_span {
    const char *text;
    size_t n;
};

struct json_members {
    const char *at, *end;
    bool begun;
    bool whole; /* the object has ended, and nothing comes after it */
};

/* The next member: its name, without escapes, and its value, which is not checked further than where
 * it ends. False at the end, and at what is not plain: .whole tells which. */
bool json_members_next(struct json_members *m, struct json_span *ret_name,
                       struct json_span *ret_value) MUST_CHECK;
/* A value, new; NULL when it is not sound. */
json_t *json_span_parse(const struct json_span *value) MUST_CHECK;

#endif
