/* engine/shell/shell.c: requests about shells, on their way to the supervisor. */
#include "engine/shell/shell.h"

#include "engine/client/caller.h"
#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/transfer.h"
#include "engine/shell/shell_wait.h"
#include "vmm/base/fs.h"

#define CALL_DEADLINE_MS 30000
#define WRITE_DEADLINE_MS 60000
#define INPUT_BYTES_MAX (1024 * 1024)

static json_t *call(const struct workspace_handle *o, json_t *request, struct pyro_error *err)
{
    scoped_json json_t *owned = request;

    if (!owned)
        return pyro_no_memory(err, "shell");
    return supervisor_call(o, MACHINE_AWAKE, owned, clock_ms() + CALL_DEADLINE_MS, err);
}

/* Finds the workspace and the shell. The supervisor of a running shell is brought back first, so
 * that the record is true. */
static bool open_shell(const char *ref, const char *id, struct workspace_handle *o,
                       struct shell_record *ret, struct pyro_error *err)
{
    struct shell_record r;

    if (!workspace_open(ref, o, err) || !shell_record_load(o->dir_fd, id, &r, err))
        return false;
    if (r.running) {
        shell_record_release(&r);
        if (!workspace_recover(o, err) || !shell_record_load(o->dir_fd, id, &r, err))
            return false;
    }
    *ret = r;
    return true;
}

/* The same, of a shell that must be running. */
static bool open_running(const char *ref, const char *id, struct workspace_handle *o,
                         struct shell_record *ret, struct pyro_error *err)
{
    struct shell_record r;

    if (!open_shell(ref, id, o, &r, err))
        return false;
    if (r.running) {
        *ret = r;
        return true;
    }
    shell_record_release(&r);
    pyro_fail(err, PYRO_SHELL_STATE, "shell '%s' has ended", id);
    return pyro_hint(err,
                     "its output can still be read; open another one with 'pyro workspace "
                     "shell open %s'",
                     o->id);
}

/* Waits until the shell that was opened is at its prompt; *view is brought up to date. If this
 * fails the shell is open all the same. */
static void await_prompt(const struct workspace_handle *o, int64_t max_wait_ms, json_t **view)
{
    const struct shell_read_spec spec = { .rendering = SHELL_SCREEN, /* however much is printed */
                                          .wait_for_prompt = true,
                                          .max_wait_ms = max_wait_ms };
    const char *id = json_string_or(*view, "shell_id", "");
    struct pyro_error why = { 0 };
    scoped_shell_record struct shell_record r = { 0 };
    struct shell_wait_answer answer;
    bool waited = shell_wait(o, id, &spec, &answer, &why);

    if (shell_record_load(o->dir_fd, id, &r, &why)) {
        json_decref(*view);
        *view = shell_record_to_view(&r, o->id);
    }
    json_object_set_new(*view, "at_prompt", json_boolean(waited && answer.at_prompt));
}

json_t *shell_open(const char *ref, const struct shell_open_spec *spec, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    json_t *view;

    if (!command_request_check(shell_request_rows, &spec->request, err) ||
        !workspace_open(ref, &o, err))
        return NULL;
    view = call(&o, command_request_pack(shell_request_rows, &spec->request, "shell", "open"), err);
    if (view)
        json_object_set_new(view, "at_prompt", json_null());
    if (view && spec->max_wait_ms && !spec->request.interactive)
        await_prompt(&o, spec->max_wait_ms, &view);
    return view;
}

struct listing {
    const char *workspace_id;
    json_t *list;
};

static void shell_add_to_list(void *arg, const struct shell_record *r)
{
    struct listing *l = arg;

    json_array_append_new(l->list, shell_record_to_view(r, l->workspace_id));
}

json_t *shell_list(const char *ref, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct listing l = { .list = NULL };

    if (!workspace_open(ref, &o, err) || !workspace_recover(&o, err))
        return NULL;
    l = (struct listing){ .workspace_id = o.id, .list = json_array() };
    if (!shell_each(o.dir_fd, shell_add_to_list, &l, err)) {
        json_decref(l.list);
        return NULL;
    }
    return json_pack("{s:s, s:I, s:o}", "workspace_id", o.id, "count",
                     (json_int_t)json_array_size(l.list), "shells", l.list);
}

json_t *shell_resize(const char *ref, const char *id, int64_t cols, int64_t rows,
                     struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_shell_record struct shell_record r = { 0 };

    if (!open_running(ref, id, &o, &r, err))
        return NULL;
    cols = cols ? cols : r.cols;
    rows = rows ? rows : r.rows;
    return call(&o,
                json_pack("{s:s, s:s, s:s, s:I, s:I}", "op", "shell", "do", "resize", "shell", id,
                          "cols", (json_int_t)cols, "rows", (json_int_t)rows),
                err);
}

json_t *shell_signal(const char *ref, const char *id, const char *name, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_shell_record struct shell_record r = { 0 };

    if (!open_running(ref, id, &o, &r, err))
        return NULL;
    return call(&o,
                json_pack("{s:s, s:s, s:s, s:s}", "op", "shell", "do", "signal", "shell", id,
                          "signal", name),
                err);
}

json_t *shell_close(const char *ref, const char *id, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_shell_record struct shell_record r = { 0 }, now = { 0 };
    struct pyro_error why = { 0 };
    json_t *view = NULL;

    if (!open_shell(ref, id, &o, &r, err))
        return NULL;
    if (r.running)
        view =
            call(&o, json_pack("{s:s, s:s, s:s}", "op", "shell", "do", "close", "shell", id), &why);
    if (view)
        return view;
    /* It has ended already, or did between the question and the answer. */
    if (!shell_record_load(o.dir_fd, id, &now, err))
        return NULL;
    if (!now.running)
        return shell_record_to_view(&now, o.id);
    return pyro_copy(err, &why);
}

/* ---- write ---- */

static json_t *send_input(const struct workspace_handle *o, const char *id,
                          const struct shell_write_spec *spec, struct pyro_error *err)
{
    static const char *const as[] = { "keys", "lines", "paste" };
    scoped_json json_t *request = json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:s}", "op", "shell", "do", "write", "shell", id, "as",
        as[spec->as], "enter", spec->enter && spec->as == SHELL_PASTE, "by", caller_name());
    struct iovec in = { (void *)(uintptr_t)spec->bytes, spec->n };

    return transfer_run(&(struct transfer){ .workspace = o,
                                            .request = request,
                                            .in = &in,
                                            .in_count = 1,
                                            .deadline_ms = clock_ms() + WRITE_DEADLINE_MS },
                        err);
}

json_t *shell_write(const char *ref, const char *id, const struct shell_write_spec *spec,
                    struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_buf lines = BUF_INIT(INPUT_BYTES_MAX + 1);
    struct shell_write_spec sent = *spec;
    scoped_shell_record struct shell_record r = { 0 };
    json_t *view;

    if (spec->n > INPUT_BYTES_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the input has %zu bytes; at most %d at once",
                         spec->n, INPUT_BYTES_MAX);
    if (spec->as == SHELL_LINES && spec->enter) {
        if (!buf_append(&lines, spec->bytes, spec->n) || !buf_append(&lines, "\n", 1))
            return pyro_no_memory(err, "shell");
        sent.bytes = lines.data;
        sent.n = lines.len;
    }
    if (!open_running(ref, id, &o, &r, err))
        return NULL;
    view = send_input(&o, id, &sent, err);
    if (view) {
        json_object_set_new(view, "input_length", json_integer((json_int_t)spec->n));
        json_object_set_new(view, "append_newline",
                            json_boolean(spec->enter && spec->as != SHELL_KEYS));
        if (!json_object_get(view, "pasted"))
            json_object_set_new(view, "pasted", json_null());
    }
    return view;
}
