/* engine/cmd/check.c: results against their rows; checks that several commands' arguments share. */
#include "engine/cmd/check.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd/text.h"
#include "vmm/base/printable.h"
#include "vmm/base/utf8.h"

#define NAME_MAX_BYTES 64
#define LABEL_VALUE_MAX_BYTES 256

static bool is_map_of_strings(const json_t *v)
{
    const char *key;
    json_t *item;

    if (!json_is_object(v))
        return false;
    json_object_foreach ((json_t *)(uintptr_t)v, key, item)
        if (!json_is_string(item))
            return false;
    return true;
}

static bool is_strings(const json_t *v)
{
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!json_is_string(json_array_get(v, i)))
            return false;
    return json_is_array(v);
}

static bool check_choice(const struct row_spec *row, const json_t *v, struct pyro_error *ret)
{
    const char *const *c = row->choices;

    while (c && *c && strcmp(*c, json_string_value(v)))
        c++;
    return !c || *c ||
           pyro_fail(ret, PYRO_INTERNAL, "'%s' is not in the closed list", json_string_value(v));
}

static bool check_value(const struct row_spec *row, const json_t *v, struct pyro_error *ret)
{
    bool ok = false;

    if (json_is_null(v) && row->nullable)
        return true;
    switch (row->type) {
    case ROW_TYPE_STR:
        if (json_is_string(v))
            return check_choice(row, v, ret);
        break;
    case ROW_TYPE_INT:
        ok = json_is_integer(v);
        break;
    case ROW_TYPE_NUM:
        ok = json_is_number(v);
        break;
    case ROW_TYPE_BOOL:
        ok = json_is_boolean(v);
        break;
    case ROW_TYPE_OBJECT:
        return check_result(row->fields, v, ret);
    case ROW_TYPE_OBJECTS:
        if (!json_is_array(v))
            break;
        for (size_t i = 0; i < json_array_size(v); i++)
            if (!check_result(row->fields, json_array_get(v, i), ret))
                return pyro_wrap(ret, "item %zu", i);
        return true;
    case ROW_TYPE_STRINGS:
        ok = is_strings(v);
        break;
    case ROW_TYPE_MAP:
        ok = is_map_of_strings(v);
        break;
    case ROW_TYPE_ANY:
        ok = true;
        break;
    case ROW_TYPE_END:
        break;
    }
    return ok || pyro_fail(ret, PYRO_INTERNAL, "is of another type than declared");
}

bool check_result(const struct row_spec *rows, const json_t *result, struct pyro_error *ret)
{
    size_t declared = 0;
    const char *key;
    json_t *v;

    if (!json_is_object(result))
        return pyro_fail(ret, PYRO_INTERNAL, "is not an object");
    for (const struct row_spec *row = rows_shown(rows); row;
         row = rows_shown(row + 1), declared++) {
        const json_t *member = json_object_get(result, row_shown_name(row));

        if (!member)
            return pyro_fail(ret, PYRO_INTERNAL, "member '%s' is missing", row_shown_name(row));
        if (!check_value(row, member, ret))
            return pyro_wrap(ret, "%s", row_shown_name(row));
    }
    if (json_object_size(result) == declared)
        return true;
    json_object_foreach ((json_t *)(uintptr_t)result, key, v)
        if (!rows_find(rows, key))
            return pyro_fail(ret, PYRO_INTERNAL, "member '%s' is not declared", key);
    return true;
}

static void record_coverage(const char *file, const char *path)
{
    scoped_close int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    char line[160];
    int n = snprintf(line, sizeof(line), "%s\n", path);

    if (fd < 0 || write(fd, line, (size_t)n) != n)
        fprintf(stderr, "pyro: cannot record coverage in %s\n", file);
}

void check_command_result(const struct cmd_spec *cmd, const json_t *result)
{
    const char *wanted = getenv("PYRO_CHECK_RESULTS"), *coverage = getenv("PYRO_CHECK_COVERAGE");
    struct pyro_error why;

    if (result && wanted && wanted[0] == '1' && !(cmd->traits & CMD_INTERACTIVE) &&
        !check_result(cmd->result, result, &why)) {
        fprintf(stderr, "pyro: the result of '%s' is not as declared: ", cmd->path);
        text_print(stderr, why.message);
        fputc('\n', stderr);
        abort();
    }
    if (coverage && *coverage)
        record_coverage(coverage, cmd->path);
}

static bool is_name(const char *s, size_t n)
{
    if (!n || n > NAME_MAX_BYTES || !isalnum((unsigned char)s[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 0x80 || (!isalnum((unsigned char)s[i]) && !strchr("._-", s[i])))
            return false;
    return true;
}

bool check_name(const char *value, struct pyro_error *err)
{
    return is_name(value, strlen(value)) ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "'%.100s' is not a name: letters, digits, '.', '_' and '-', beginning with a "
                     "letter or digit, at most %d",
                     value, NAME_MAX_BYTES);
}

bool check_label(const char *value, struct pyro_error *err)
{
    size_t key = strcspn(value, "="), n = strlen(value);

    if (!value[key])
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not KEY=VALUE", value);
    if (!is_name(value, key))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "the key of '%.100s' is not a name: letters, digits, '.', '_' and '-'",
                         value);
    value += key + 1;
    n -= key + 1;
    if (n > LABEL_VALUE_MAX_BYTES)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a label's value is at most %d bytes",
                         LABEL_VALUE_MAX_BYTES);
    for (size_t len; n; value += len, n -= len) {
        len = utf8_valid_length(value, n);
        if (!len || printable_is_unsafe(value, len))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a label's value is printable UTF-8");
    }
    return true;
}
