/* engine/api/request.c: the members of a request, each known and of its type. */
#include "engine/api/request.h"

#include <string.h>

#include "vmm/base/json.h"

static bool is_id(const json_t *v)
{
    return json_is_string(v) || json_is_integer(v);
}

static bool refuse(const char *name, const char *what, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_USAGE, "'%.40s' of the request is not %s", name, what);
}

static bool take_member(struct api_request *r, const char *name, json_t *value,
                        struct pyro_error *err)
{
    if (!strcmp(name, "id"))
        return r->id || refuse(name, "a string or a whole number", err);
    if (!strcmp(name, "cancel")) {
        r->cancel = value;
        return is_id(value) || refuse(name, "a string or a whole number", err);
    }
    if (!strcmp(name, "call")) {
        r->call = json_string_value(value);
        return r->call || refuse(name, "a string", err);
    }
    if (!strcmp(name, "arguments")) {
        r->arguments = value;
        return json_is_object(value) || refuse(name, "an object", err);
    }
    if (!strcmp(name, "input")) {
        r->input = json_string_value(value);
        r->input_len = json_string_length(value);
        return r->input || refuse(name, "a string", err);
    }
    if (!strcmp(name, "events")) {
        r->events = json_is_true(value);
        return json_is_boolean(value) || refuse(name, "true or false", err);
    }
    return pyro_fail(err, PYRO_USAGE, "a request has no member '%.40s'", name);
}

static bool check(const struct api_request *r, struct pyro_error *err)
{
    if (r->cancel)
        return json_object_size(r->json) == 1 ||
               pyro_fail(err, PYRO_USAGE, "'cancel' stands alone in a request");
    if (!r->id)
        return pyro_fail(err, PYRO_USAGE, "the request has no id");
    return r->call || pyro_fail(err, PYRO_USAGE, "the request names no call");
}

bool api_request_parse(struct api_request *ret, const char *line, size_t n, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    const char *name;
    json_t *value;

    *ret = (struct api_request){ .events = true };
    ret->json = json_parse(line, n, n, &why);
    if (!ret->json) {
        ret->json = json_pack("{s:o?}", "id", json_find_scalar(line, n, "id"));
        value = json_object_get(ret->json, "id");
        ret->id = is_id(value) ? value : NULL;
        return pyro_fail(err, PYRO_USAGE, JSON_NOT_TAKEN, JSON_DEPTH_MAX);
    }
    if (!json_is_object(ret->json))
        return pyro_fail(err, PYRO_USAGE, "the request is not an object");
    value = json_object_get(ret->json, "id");
    ret->id = is_id(value) ? value : NULL;
    json_object_foreach (ret->json, name, value)
        if (!take_member(ret, name, value, err))
            return false;
    return check(ret, err);
}

void api_request_release(struct api_request *r)
{
    json_decref(r->json);
    *r = (struct api_request){ 0 };
}
