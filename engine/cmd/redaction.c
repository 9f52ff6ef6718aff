/* engine/cmd/redaction.c: from a command's rows to what must not be shown. */
#include "engine/cmd/redaction.h"

#include <string.h>

#include "engine/client/handle.h"
#include "engine/secret/hide.h"

bool redaction_open(struct redaction *r, const struct cmd_spec *cmd, const void *args,
                    struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    const char *ref = args_workspace(cmd, args);
    struct pyro_error why = { 0 };

    if (!ref || !workspace_open(ref, &o, &why))
        return true;
    if (secrets_redactor_of(o.dir_fd, &r->redactor, &why) || cmd->traits & CMD_REMOVES)
        return true;
    pyro_copy(err, &why);
    return pyro_wrap(err, "the workspace's secrets");
}

bool redaction_of_new(struct redaction *r, const struct secrets *secrets, struct pyro_error *err)
{
    redaction_release(r);
    return secrets_redactor(secrets, &r->redactor, err);
}

bool redaction_of_fork(struct redaction *r, const char *workspace, const struct secrets *given,
                       struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_secrets secrets = { .count = 0 }, replaced = { .count = 0 };

    redaction_release(r);
    if (!workspace_open(workspace, &o, &(struct pyro_error){ 0 }))
        return secrets_redactor(given, &r->redactor, err);
    return secrets_fork(given, o.dir_fd, &secrets, &replaced, err) &&
           secrets_redactor_of_both(&secrets, &replaced, &r->redactor, err);
}

void redaction_release(struct redaction *r)
{
    redactor_free(r->redactor);
    r->redactor = NULL;
}

char *redaction_text(const struct redaction *r, const char *text)
{
    return text ? hide_in_text(r->redactor, text, false) : NULL;
}

void redaction_error(const struct redaction *r, struct pyro_error *err)
{
    hide_in_error(r->redactor, err);
}

/* ---- results ---- */

static void hide_map(const struct redactor *r, json_t *map)
{
    scoped_json json_t *old = json_copy(map);
    const char *key;
    json_t *value;

    BUG_ON(!old);
    json_object_clear(map);
    json_object_foreach (old, key, value) {
        scoped_free char *shown = hide_in_text(r, key, false);

        hide_in_json(r, value);
        BUG_ON(json_object_set(map, shown, value) != 0);
    }
}

/* One that pyro made: 12 hexadecimal digits, under a name that says so. */
static bool is_own_id(const char *name, const json_t *value)
{
    const char *text = json_string_value(value);

    return (!strcmp(name, "workspace_id") || !strcmp(name, "vm_id")) && text &&
           json_string_length(value) == 12 && strspn(text, "0123456789abcdef") == 12;
}

static void hide_rows(const struct redactor *r, const struct row_spec *rows, json_t *result);

static void hide_member(const struct redactor *r, const struct row_spec *row, json_t *object,
                        json_t *value)
{
    json_t *item;
    size_t i;

    if (row->type == ROW_TYPE_OBJECT) {
        hide_rows(r, row->fields, value);
    } else if (row->type == ROW_TYPE_OBJECTS) {
        json_array_foreach (value, i, item)
            hide_rows(r, row->fields, item);
    } else if (row->type == ROW_TYPE_MAP && json_is_object(value)) {
        hide_map(r, value);
    } else if (row->type == ROW_TYPE_STR && row->cut_by &&
               json_is_true(json_object_get(object, row->cut_by))) {
        hide_in_cut_string(r, value);
    } else if (!row->choices && !is_own_id(row_shown_name(row), value)) {
        hide_in_json(r, value);
    }
}

static void hide_rows(const struct redactor *r, const struct row_spec *rows, json_t *result)
{
    const char *key;
    json_t *value;

    json_object_foreach (result, key, value) {
        const struct row_spec *row = rows_find(rows, key);

        if (row)
            hide_member(r, row, result, value);
        else
            hide_in_json(r, value);
    }
}

void redaction_result(const struct redaction *r, const struct row_spec *rows, json_t *result)
{
    if (r->redactor && result)
        hide_rows(r->redactor, rows, result);
}
