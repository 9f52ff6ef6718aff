/* vmm/base/json.c: bounded parsing of foreign JSON, and getters. */
#include "vmm/base/json.h"

#include <stdio.h>
#include <string.h>

#include "vmm/base/file_records.h"
#include "vmm/base/utf8.h"

/* jansson recurses per level, and its own limit is far deeper; count before it does. */
static bool too_deep(const char *s, size_t n)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

json_t *json_parse(const void *bytes, size_t n, size_t max_bytes, struct pyro_error *err)
{
    json_error_t why;
    json_t *j;

    if (n > max_bytes)
        return pyro_fail(err, PYRO_RECORD_INVALID, "JSON of %zu bytes is over the limit of %zu", n,
                         max_bytes);
    if (too_deep(bytes, n))
        return pyro_fail(err, PYRO_RECORD_INVALID, "JSON is nested more than %d deep",
                         JSON_DEPTH_MAX);
    j = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &why);
    if (!j)
        pyro_fail(err, PYRO_RECORD_INVALID, "not valid JSON: %s (byte %d)", why.text, why.position);
    return j;
}

static size_t skip_space(const char *s, size_t n, size_t i)
{
    while (i < n && strchr(" \t\r\n", s[i]) && s[i])
        i++;
    return i;
}

/* The end of a string that begins at i; n when it has none. */
static size_t end_of_string(const char *s, size_t n, size_t i)
{
    for (i++; i < n && s[i] != '"'; i++)
        if (s[i] == '\\')
            i++;
    return i < n ? i + 1 : n;
}

/* The scalar that begins at i; NULL: it is none, or not sound. */
static json_t *scalar_at(const char *s, size_t n, size_t i)
{
    size_t end = i;

    if (i < n && s[i] == '"')
        end = end_of_string(s, n, i);
    else
        while (end < n && !strchr(",} \t\r\n", s[end]))
            end++;
    return json_loadb(s + i, end - i, JSON_DECODE_ANY, NULL);
}

json_t *json_find_scalar(const char *s, size_t n, const char *name)
{
    size_t length = strlen(name), end;
    int depth = 0;

    for (size_t i = 0; i < n; i = end) {
        end = s[i] == '"' ? end_of_string(s, n, i) : i + 1;
        depth += (s[i] == '{' || s[i] == '[') - (s[i] == '}' || s[i] == ']');
        if (s[i] != '"' || depth != 1 || end - i != length + 2 || strncmp(s + i + 1, name, length))
            continue;
        end = skip_space(s, n, end);
        if (end < n && s[end] == ':')
            return scalar_at(s, n, skip_space(s, n, end + 1));
    }
    return NULL;
}

char *json_compact(const json_t *j)
{
    return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

bool json_fail_member(const char *key, const char *type, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is missing or not of type %s", key, type);
}

bool json_get_string(const json_t *obj, const char *key, const char **ret, struct pyro_error *err)
{
    const json_t *v = json_object_get(obj, key);

    if (!json_is_string(v))
        return json_fail_member(key, "string", err);
    *ret = json_string_value(v);
    return true;
}

bool json_get_int(const json_t *obj, const char *key, int64_t min, int64_t max, int64_t *ret,
                  struct pyro_error *err)
{
    return json_get_int_value(json_object_get(obj, key), key, min, max, ret, err);
}

bool json_get_int_value(const json_t *v, const char *key, int64_t min, int64_t max, int64_t *ret,
                        struct pyro_error *err)
{
    int64_t n;

    if (!json_is_integer(v))
        return json_fail_member(key, "integer", err);
    n = json_integer_value(v);
    if (n < min || n > max)
        return pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is %lld, not in %lld to %lld", key,
                         (long long)n, (long long)min, (long long)max);
    *ret = n;
    return true;
}

bool json_get_bool(const json_t *obj, const char *key, bool *ret, struct pyro_error *err)
{
    const json_t *v = json_object_get(obj, key);

    if (!json_is_boolean(v))
        return json_fail_member(key, "boolean", err);
    *ret = json_is_true(v);
    return true;
}

const char *json_string_or(const json_t *obj, const char *key, const char *fallback)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_string(v) ? json_string_value(v) : fallback;
}

int64_t json_int_or(const json_t *obj, const char *key, int64_t fallback)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_integer(v) ? json_integer_value(v) : fallback;
}

double json_number_or(const json_t *obj, const char *key, double fallback)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_number(v) ? json_number_value(v) : fallback;
}

bool json_bool_or(const json_t *obj, const char *key, bool fallback)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_boolean(v) ? json_is_true(v) : fallback;
}

json_t *json_string_lossy(const char *bytes, size_t n)
{
    json_t *exact = memchr(bytes ? bytes : "", 0, n) ? NULL : json_stringn(bytes, n);
    scoped_buf out = BUF_INIT(3 * n);

    if (exact)
        return exact;
    for (size_t i = 0; i < n;) {
        size_t len = utf8_valid_length(bytes + i, n - i);
        bool ok = len && bytes[i] ? buf_append(&out, bytes + i, len)
                                  : buf_append_str(&out, UTF8_REPLACEMENT);
        if (!ok)
            return NULL;
        i += len ? len : 1;
    }
    return json_stringn(out.data ? out.data : "", out.len);
}

json_t *json_string_or_null(const char *s)
{
    return s ? json_string_lossy(s, strlen(s)) : json_null();
}

json_t *json_file_mode(uint32_t mode)
{
    char text[16];

    snprintf(text, sizeof(text), "%06o", mode & FILE_MODE_MAX);
    return json_string(text);
}

json_t *json_time(int64_t seconds, uint32_t nanoseconds)
{
    return json_real((double)seconds + (double)nanoseconds / 1e9);
}
