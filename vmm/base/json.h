/*
 * jansson, with the limits that JSON from outside needs, and getters that say what is missing.
 * A scoped_json reference is dropped when its scope ends.
 */
#ifndef PYRO_JSON_H
#define PYRO_JSON_H

#include <stdint.h>

#include <jansson.h>

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define JSON_BYTES_MAX (1024 * 1024) /* of one document from a guest or client */
#define JSON_DEPTH_MAX 32
/* With JSON_DEPTH_MAX: what is said of a line that json_parse() refuses, without its text. */
#define JSON_NOT_TAKEN "the line is not valid JSON, nested at most %d deep, without NUL"

static inline void cleanup_json(json_t **j)
{
    json_decref(*j);
}
#define scoped_json __attribute__((cleanup(cleanup_json)))

/* Parses n bytes: at most max_bytes and JSON_DEPTH_MAX deep, duplicate keys refused. The caller
 * owns the result. */
json_t *json_parse(const void *bytes, size_t n, size_t max_bytes,
                   struct pyro_error *err) MUST_CHECK;
/* One line, sorted keys, NUL-terminated; the caller frees. NULL when out of memory. */
/* A scalar member of the outermost object, of text that need not be sound JSON: for an answer that
 * says so. New; NULL: there is none. */
json_t *json_find_scalar(const char *s, size_t n, const char *name) MUST_CHECK;
char *json_compact(const json_t *j) MUST_CHECK;

/* Getters for a member that must be there, of its type and (int) within [min, max]; the string is
 * borrowed. */
bool json_get_string(const json_t *obj, const char *key, const char **ret,
                     struct pyro_error *err) MUST_CHECK;
bool json_get_int(const json_t *obj, const char *key, int64_t min, int64_t max, int64_t *ret,
                  struct pyro_error *err) MUST_CHECK;
bool json_get_bool(const json_t *obj, const char *key, bool *ret,
                   struct pyro_error *err) MUST_CHECK;
/* The same of the value itself, NULL when it is missing; `key` is for the error. */
bool json_get_int_value(const json_t *v, const char *key, int64_t min, int64_t max, int64_t *ret,
                        struct pyro_error *err) MUST_CHECK;
/* Fails because such a member is missing or of another type. */
bool json_fail_member(const char *key, const char *type, struct pyro_error *err);
/* Getters with a fallback for a member that is absent, null or of another type. */
const char *json_string_or(const json_t *obj, const char *key, const char *fallback);
int64_t json_int_or(const json_t *obj, const char *key, int64_t fallback);
double json_number_or(const json_t *obj, const char *key, double fallback);
bool json_bool_or(const json_t *obj, const char *key, bool fallback);

/* A JSON string of n bytes of any content: invalid UTF-8 and NUL become U+FFFD. */
json_t *json_string_lossy(const char *bytes, size_t n);
/* json_string_lossy of a C string; JSON null for NULL. */
json_t *json_string_or_null(const char *s);
/* A file's mode as git writes it: octal, with its type. */
json_t *json_file_mode(uint32_t mode);
/* A time as epoch seconds. */
json_t *json_time(int64_t seconds, uint32_t nanoseconds);

#endif
