/* engine/cmd/spec.c: looking commands up, and filling an argument struct from text by its rows. */
#include "engine/cmd/spec.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/utf8.h"

#define LIST_ITEMS_MAX 1000

const struct cmd_spec *cmd_find(const char *path)
{
    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (!strcmp((*c)->path, path))
            return *c;
    return NULL;
}

const struct cmd_group *cmd_group_find(const char *path)
{
    for (const struct cmd_group *g = cmd_groups; g->path; g++)
        if (!strcmp(g->path, path))
            return g;
    return NULL;
}

const struct cmd_topic *cmd_topic_find(const char *name)
{
    for (const struct cmd_topic *t = cmd_topics; t->name; t++)
        if (!strcmp(t->name, name))
            return t;
    return NULL;
}

int64_t arg_max(const struct arg_spec *a)
{
    return a->max_of ? a->max_of() : a->max;
}

void arg_flag_name(const struct arg_spec *a, char ret[64])
{
    size_t i;

    for (i = 0; a->name[i] && i < 63; i++)
        ret[i] = a->name[i] == '_' ? '-' : a->name[i];
    ret[i] = '\0';
}

void arg_metavar(const struct arg_spec *a, char ret[64])
{
    size_t i;

    if (a->metavar || a->type == ARG_TYPE_INT) {
        snprintf(ret, 64, "%s", a->metavar ? a->metavar : "N");
        return;
    }
    for (i = 0; a->name[i] && i < 63; i++)
        ret[i] = (char)toupper((unsigned char)a->name[i]);
    ret[i] = '\0';
}

static void *field_of(const struct arg_spec *a, void *args)
{
    return (char *)args + a->offset;
}

static void put_int(const struct arg_spec *a, void *args, int64_t n)
{
    *(int64_t *)field_of(a, args) = n == ARG_UNSET || !a->scale ? n : n * a->scale;
}

static void put_text(const struct arg_spec *a, void *args, const char *text)
{
    char **owned = field_of(a, args);

    if (a->field == ARG_FIELD_BORROWED) {
        *(const char **)field_of(a, args) = text;
        return;
    }
    free(*owned);
    *owned = text ? str_printf("%s", text) : NULL;
}

void args_set_defaults(const struct arg_spec *rows, void *args)
{
    for (const struct arg_spec *a = rows; arg_more(a); a++) {
        if (a->type == ARG_TYPE_INT)
            put_int(a, args, a->patient ? patience(a->def) : a->def);
        else if (a->type == ARG_TYPE_STR || a->type == ARG_TYPE_CHOICE)
            put_text(a, args, a->def_str);
    }
}

static bool out_of_range(const struct arg_spec *a, const char *value, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "%.40s is out of range: %" PRId64 " to %" PRId64 "%s%s", value, a->min,
                     arg_max(a), a->unit ? " " : "", a->unit ? a->unit : "");
}

bool args_set_int(const struct arg_spec *row, void *args, int64_t n, struct pyro_error *err)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, n);
    if (n < row->min || n > arg_max(row))
        return out_of_range(row, text, err);
    if (row->step && n % row->step)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s is not a multiple of %" PRId64, text,
                         row->step);
    put_int(row, args, n);
    return true;
}

static bool set_int(const struct arg_spec *a, void *args, const char *value, struct pyro_error *err)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(value, &end, 10);
    if (end == value || *end || isspace((unsigned char)value[0]))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not a whole number", value);
    return errno ? out_of_range(a, value, err) : args_set_int(a, args, n, err);
}

void args_set_flag(const struct arg_spec *row, void *args, bool on)
{
    BUG_ON(row->type != ARG_TYPE_FLAG);
    *(bool *)field_of(row, args) = on;
}

const char *args_workspace(const struct cmd_spec *cmd, const void *args)
{
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (a->complete == COMPLETE_WORKSPACE && a->type != ARG_TYPE_LIST) {
            BUG_ON(a->type != ARG_TYPE_STR || a->field != ARG_FIELD_BORROWED);
            return *(const char *const *)((const char *)args + a->offset);
        }
    return NULL;
}

static bool set_choice(const struct arg_spec *a, void *args, const char *value,
                       struct pyro_error *err)
{
    char list[256] = "";

    for (const char *const *c = a->choices; *c; c++) {
        size_t len = strlen(list);

        if (!strcmp(*c, value)) {
            *(const char **)field_of(a, args) = *c;
            return true;
        }
        snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", *c);
    }
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not one of: %s", value, list);
}

/* How many items a list has. */
static size_t count_of(const struct arg_spec *a, void *args)
{
    const json_t *owned;

    if (a->field == ARG_FIELD_BORROWED)
        return ((const struct arg_list *)field_of(a, args))->count;
    owned = *(json_t **)field_of(a, args);
    return json_is_array(owned) ? json_array_size(owned) : json_object_size(owned);
}

static bool add_owned(json_t **list, const char *value, struct pyro_error *err)
{
    if (!*list)
        *list = json_array();
    if (!utf8_is_valid(value, strlen(value)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "word %zu is not UTF-8",
                         json_array_size(*list) + 1);
    return json_array_append_new(*list, json_string(value)) == 0 || pyro_no_memory(err, NULL);
}

static bool add_item(const struct arg_spec *a, void *args, const char *value,
                     struct pyro_error *err)
{
    size_t max = a->max ? (size_t)a->max : LIST_ITEMS_MAX;
    struct arg_list *list = field_of(a, args);
    const char **items;

    if (count_of(a, args) >= max)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "given more than %zu times", max);
    if (a->field == ARG_FIELD_JSON)
        return a->take ? a->take(list, value, err) : add_owned((json_t **)list, value, err);
    items = reallocarray((void *)(uintptr_t)list->items, list->count + 2, sizeof(*items));
    if (!items)
        return pyro_no_memory(err, NULL);
    items[list->count++] = value;
    items[list->count] = NULL;
    list->items = items;
    return true;
}

bool args_set_text(const struct arg_spec *row, void *args, const char *value,
                   struct pyro_error *err)
{
    if (row->check && !row->check(value, err))
        return false;
    switch (row->type) {
    case ARG_TYPE_STR:
        if (row->take)
            return row->take(field_of(row, args), value, err);
        if (row->field == ARG_FIELD_TEXT && !utf8_is_valid(value, strlen(value)))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it is not UTF-8");
        put_text(row, args, value);
        return true;
    case ARG_TYPE_INT:
        return set_int(row, args, value, err);
    case ARG_TYPE_FLAG:
        args_set_flag(row, args, true);
        return true;
    case ARG_TYPE_CHOICE:
        return set_choice(row, args, value, err);
    case ARG_TYPE_LIST:
    case ARG_TYPE_COMMAND:
        return add_item(row, args, value, err);
    case ARG_TYPE_END:
        break;
    }
    BUG_ON(true);
    return false;
}

void args_release(const struct arg_spec *rows, void *args)
{
    for (const struct arg_spec *a = rows; arg_more(a); a++) {
        void *field = field_of(a, args);
        struct arg_list *list = field;

        if (a->field == ARG_FIELD_TEXT) {
            put_text(a, args, NULL);
        } else if (a->field == ARG_FIELD_JSON) {
            json_decref(*(json_t **)field);
            *(json_t **)field = NULL;
        } else if (a->type == ARG_TYPE_LIST || a->type == ARG_TYPE_COMMAND) {
            free((void *)(uintptr_t)list->items);
            *list = (struct arg_list){ NULL, 0 };
        }
    }
}
