/* engine/state/names.c: names and labels: what they may be, and how a record's are changed. */
#include "engine/state/names.h"

#include <ctype.h>
#include <string.h>

#include "engine/state/record.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

#define NAME_MAX_LENGTH 64
#define LABEL_VALUE_MAX 256
#define LABELS_MAX 64

char *workspace_cwd(const char *given, struct pyro_error *err)
{
    scoped_free char *name = name_given(given ? given : "", err);
    scoped_json json_t *text = NULL;

    if (!name)
        return NULL;
    text = name_to_json(*name == '/' ? "" : *name ? "/workspace/" : "/workspace", name);
    return str_printf("%s", json_string_value(text));
}

bool workspace_check_name(const char *what, const char *name, struct pyro_error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strlen(name);

    if (n && n <= NAME_MAX_LENGTH && strspn(name, allowed) == n && isalnum((unsigned char)name[0]))
        return true;
    pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s '%s' is not valid", what, name);
    return pyro_hint(err,
                     "use 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
}

bool workspace_check_label_value(const char *value, struct pyro_error *err)
{
    size_t n = strlen(value);

    if (n > LABEL_VALUE_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a label's value is over %d bytes",
                         LABEL_VALUE_MAX);
    if (!utf8_is_valid(value, n))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a label's value is no UTF-8");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        bool c1 = c == 0xc2 && (unsigned char)value[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || c1)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                             "a label's value holds a control character");
    }
    return true;
}

static bool set_labels(json_t *labels, const json_t *set, struct pyro_error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)set, key, value) {
        if (!workspace_check_name("label key", key, err))
            return false;
        if (!json_is_string(value))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "label '%s' is no string", key);
        if (!workspace_check_label_value(json_string_value(value), err))
            return pyro_wrap(err, "label '%s'", key);
        json_object_set(labels, key, value);
    }
    if (json_object_size(labels) > LABELS_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "more than %d labels", LABELS_MAX);
    return true;
}

static bool clear_labels(json_t *labels, const json_t *keys, struct pyro_error *err)
{
    json_t *key;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)keys, i, key)
        if (!json_is_string(key) || json_object_del(labels, json_string_value(key)) != 0)
            return pyro_fail(err, PYRO_LABEL_NOT_FOUND, "there is no label '%s' to clear",
                             json_is_string(key) ? json_string_value(key) : "?");
    return true;
}

bool workspace_apply_change(struct workspace_record *r, const json_t *change,
                            struct pyro_error *err)
{
    const json_t *name = json_object_get(change, "name");
    scoped_json json_t *labels = json_deep_copy(r->labels);

    if (json_is_string(name) && !workspace_check_name("name", json_string_value(name), err))
        return false;
    if (!clear_labels(labels, json_object_get(change, "clear_labels"), err) ||
        !set_labels(labels, json_object_get(change, "labels"), err))
        return false;
    if (name)
        record_set_string(&r->name, json_string_value(name));
    json_decref(r->labels);
    r->labels = take_ptr(&labels);
    return true;
}
