/* engine/api/api.c: requests in, events and answers out. */
#include "engine/api/api.h"

#include <stdlib.h>
#include <string.h>

#include "engine/api/door.h"
#include "engine/api/lines.h"
#include "engine/api/request.h"
#include "engine/cmd/call.h"
#include "engine/cmd/output.h"
#include "engine/cmd/text.h"
#include "vmm/base/json.h"

/* One call under way. */
struct api_call {
    struct door_call door_call; /* first */
    struct door *door;
    json_t *id;
};

static struct api_call *call_of(struct door_call *dc)
{
    return (struct api_call *)dc;
}

/* {id, NAME: value} as a line; takes the value. */
static char *line_of(json_t *id, const char *name, json_t *value)
{
    scoped_json json_t *message =
        json_pack("{s:O?, s:o}", "id", id, name, value ? value : json_null());

    if (message && !id)
        json_object_set_new(message, "id", json_null());
    return message ? output_json_line(message) : NULL;
}

static void refuse(struct door *door, json_t *id, const struct pyro_error *why)
{
    scoped_free char *line = line_of(id, "error", output_error_object(why));

    BUG_ON(!line);
    outgoing_put(door_outgoing(door), line, strlen(line));
}

/* ---- what a call says ---- */

static void api_answer(void *arg, json_t *result, const struct pyro_error *error,
                       const struct redaction *redaction UNUSED, FILE *out)
{
    struct api_call *c = arg;
    scoped_free char *line = line_of(c->id, result ? "result" : "error",
                                     result ? json_incref(result) : output_error_object(error));

    if (line)
        fputs(line, out);
    else
        fputs("{\"id\":null,\"error\":{\"code\":\"no_memory\"}}\n", out);
}

static void api_on_output(void *arg, bool to_err, const char *text, size_t n)
{
    struct api_call *c = arg;
    scoped_json json_t *event =
        json_pack("{s:O, s:s, s:s, s:o}", "id", c->id, "event", "output", "stream",
                  to_err ? "stderr" : "stdout", "text", json_string_lossy(text, n));

    BUG_ON(!event);
    door_say(c->door, event);
}

static void api_on_told(void *arg, const json_t *what)
{
    struct api_call *c = arg;
    json_t *note = json_object_get(what, "note");
    bool is_entry = json_object_get(what, "entry");
    scoped_json json_t *event = note ? json_pack("{s:s, s:O}", "event", "note", "text", note)
                                     : json_copy((json_t *)(uintptr_t)what);

    BUG_ON(!event);
    if (!note)
        json_object_set_new(event, "event", json_string(is_entry ? "entry" : "progress"));
    json_object_set(event, "id", c->id);
    door_say(c->door, event);
}

static void api_on_over(void *arg)
{
    struct api_call *c = arg;

    door_forget(c->door, &c->door_call);
    json_decref(c->id);
    free(c);
}

static const struct call_ops call_ops = {
    .answer = api_answer, .output = api_on_output, .told = api_on_told, .over = api_on_over
};

/* ---- requests ---- */

static struct api_call *find_call(struct door *door, const json_t *id)
{
    for (struct door_call *dc = door_calls(door); dc; dc = dc->next)
        if (json_equal(call_of(dc)->id, id))
            return call_of(dc);
    return NULL;
}

static bool fail_unknown_call(const char *name, struct pyro_error *err)
{
    const char *names[256], *best;
    size_t n = 0;

    for (const struct cmd_spec *const *c = cmd_table; *c && n < ARRAY_SIZE(names) - 1; c++)
        if (cmd_is_callable(*c))
            names[n++] = (*c)->path;
    names[n] = NULL;
    best = text_nearest(name, names);
    pyro_fail(err, PYRO_USAGE, "there is no call '%.64s'", name);
    if (best)
        return pyro_hint(err, "did you mean '%s'?", best);
    return pyro_hint(err, "'pyro api --describe' lists them");
}

static bool start_call(struct door *door, const struct api_request *r, struct pyro_error *err)
{
    const struct cmd_spec *cmd = cmd_find(r->call);
    struct json_args args;
    struct cmd_io io = { 0 };
    struct call_spec spec = { .args = &args,
                              .input = r->input,
                              .input_len = r->input_len,
                              .events = r->events,
                              .ops = &call_ops };
    struct api_call *c;

    if (!cmd || !cmd_is_callable(cmd))
        return fail_unknown_call(r->call, err);
    if (!json_args_read(&args, cmd, r->arguments, err)) {
        cmd_hide_in_error(cmd, args.args, &io, err);
        cmd_io_release(&io);
        json_args_release(&args);
        return false;
    }
    c = calloc(1, sizeof(*c));
    BUG_ON(!c);
    c->door = door;
    c->id = json_incref(r->id);
    spec.arg = c;
    door_start(door, &c->door_call, &spec);
    return true;
}

static bool handle(struct door *door, struct api_request *r, struct pyro_error *err)
{
    struct api_call *c;

    if (r->cancel) {
        c = find_call(door, r->cancel); /* one that is over needs no cancelling */
        if (c && c->door_call.call)
            call_cancel(c->door_call.call);
        return true;
    }
    if (find_call(door, r->id)) {
        r->id = NULL; /* that id gets one answer, its own */
        return pyro_fail(err, PYRO_USAGE, "the id of this request is that of a call under way");
    }
    if (door_is_crowded(door)) {
        pyro_fail(err, PYRO_REFUSED, "%d calls are under way", DOOR_CALLS_MAX);
        return pyro_hint(err, "wait for one to end, or cancel one");
    }
    return start_call(door, r, err);
}

static void api_on_line(void *arg UNUSED, struct door *door, char *line, size_t n)
{
    struct pyro_error err = { 0 };
    struct api_request r = { 0 };
    bool ok;

    if (!line)
        ok = pyro_fail(&err, PYRO_USAGE, "the line is longer than %zu MiB", LINES_CLIENT_MAX >> 20);
    else
        ok = n == 0 || (api_request_parse(&r, line, n, &err) && handle(door, &r, &err));
    if (!ok)
        refuse(door, r.id, &err);
    api_request_release(&r);
    if (line)
        explicit_bzero(line, n); /* it may hold a secret */
}

static void api_greet(void *arg UNUSED, struct door *door)
{
    scoped_json json_t *hello = json_pack("{s:s, s:s, s:i}", "event", "hello", "version",
                                          PYRO_VERSION, "protocol", API_PROTOCOL);

    door_say(door, hello);
}

bool api_serve(int in_fd, int out_fd, int *ret_signal, struct pyro_error *err)
{
    static const struct door_ops ops = { .opened = api_greet, .line = api_on_line };

    return door_run(in_fd, out_fd, &ops, NULL, ret_signal, err);
}
