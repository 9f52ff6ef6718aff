/*
 * engine/supervisor/shell_ops.c: requests about shells.
 *
 * Input comes as DATA on the stream: a `write` gathers all of it up to END and passes it on as one
 * piece; a paste is answered once the guest has said what became of it; an `attach` passes on each
 * DATA as it arrives (a key press), and takes {"resize": [cols, rows]} messages.
 */
#include "engine/supervisor/shell_ops.h"

#include <stdlib.h>
#include <string.h>

#include "engine/supervisor/shells.h"

#define WRITE_MAX (1024 * 1024)

/* A stream that brings input. */
struct input {
    struct supervisor *supervisor;
    struct stream stream;
    char *shell;
    bool whole;    /* a `write` */
    bool controls; /* an `attach`, which was accepted */
    enum typed_as as;
    const char *caller;
    bool enter; /* after a paste */
    struct buf bytes;
};

static void input_free(struct input *in)
{
    if (in->controls)
        shells_control(in->supervisor, in->shell, false);
    shells_forget(in->supervisor, in);
    buf_release(&in->bytes);
    free(in->shell);
    free(in);
}

static void fail_input(struct input *in, const struct pyro_error *err)
{
    stream_fail(&in->stream, err);
    input_free(in);
}

static void shell_ops_on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                              size_t n)
{
    struct input *in = s->arg;
    const struct shell_typed typed = {
        .by = SHELL_OPERATOR, .caller = in->caller, .as = TYPED_KEYS, .bytes = bytes, .size = n
    };
    struct pyro_error err = { 0 };

    stream_consumed(s, n);
    if (channel != WIRE_STDIN)
        return;
    if (in->whole ? buf_append(&in->bytes, bytes, n)
                  : shells_type(in->supervisor, in->shell, &typed, &err))
        return;
    if (in->whole)
        pyro_fail(&err, PYRO_INVALID_ARGUMENT, "the input is over %d bytes", WRITE_MAX);
    fail_input(in, &err);
}

/* It was typed; `pasted` is stolen. */
static void done(struct input *in, json_t *pasted)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *view = NULL;
    struct shell *sh = shells_find(in->supervisor, in->shell, &err);

    if (!sh) {
        json_decref(pasted);
        fail_input(in, &err);
        return;
    }
    view = shells_view(sh);
    json_object_set_new(view, "pasted", pasted ? pasted : json_null());
    stream_close(&in->stream, view);
    input_free(in);
}

static void shell_ops_on_pasted(void *arg, bool pasted)
{
    done(arg, json_boolean(pasted));
}

static void shell_ops_on_end(struct stream *s, enum wire_channel channel)
{
    struct input *in = s->arg;
    const struct shell_typed typed = { .by = SHELL_AGENT,
                                       .caller = in->caller,
                                       .as = in->as,
                                       .bytes = in->bytes.len ? in->bytes.data : "",
                                       .size = in->bytes.len,
                                       .enter = in->enter,
                                       .pasted = shell_ops_on_pasted,
                                       .arg = in };
    struct pyro_error err = { 0 };

    if (channel != WIRE_STDIN || !in->whole)
        return;
    if (!shells_type(in->supervisor, in->shell, &typed, &err))
        fail_input(in, &err);
    else if (in->as != TYPED_PASTE)
        done(in, NULL);
}

static void shell_ops_on_message(struct stream *s, const json_t *message)
{
    struct input *in = s->arg;
    const json_t *size = json_object_get(message, "resize");
    struct shell *sh = shells_find(in->supervisor, in->shell, NULL);

    if (sh && json_is_array(size))
        shells_resize(sh, json_integer_value(json_array_get(size, 0)),
                      json_integer_value(json_array_get(size, 1)), NULL, 0);
}

static void shell_ops_on_closed(struct stream *s, const json_t *result UNUSED,
                                const struct pyro_error *err UNUSED)
{
    input_free(s->arg);
}

static enum typed_as typed_as(const json_t *request)
{
    const char *as = json_string_or(request, "as", "keys");

    return !strcmp(as, "lines") ? TYPED_LINES : !strcmp(as, "paste") ? TYPED_PASTE : TYPED_KEYS;
}

static bool take_input(struct supervisor *s, struct link *client, uint32_t id, const char *shell,
                       const json_t *request, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = shell_ops_on_data,
                                           .end = shell_ops_on_end,
                                           .message = shell_ops_on_message,
                                           .closed = shell_ops_on_closed };
    struct input *in = calloc(1, sizeof(*in));

    BUG_ON(!in);
    in->supervisor = s;
    in->shell = strdup(shell);
    in->whole = !strcmp(json_string_or(request, "do", ""), "write");
    in->as = typed_as(request);
    in->caller = timeline_caller(json_string_or(request, "by", CALLER_CLI));
    in->caller = in->caller ? in->caller : CALLER_CLI;
    in->enter = json_bool_or(request, "enter", false);
    buf_init(&in->bytes, WRITE_MAX);
    BUG_ON(!in->shell);
    if (!stream_accept(client, id, &in->stream, &ops, in, err)) {
        input_free(in);
        return false;
    }
    in->controls = !in->whole;
    if (in->controls)
        shells_control(s, shell, true);
    return true;
}

static bool op_resize(struct shell *sh, struct link *client, uint32_t id, const json_t *request,
                      struct pyro_error *err)
{
    int64_t cols, rows;

    if (!json_get_int(request, "cols", 2, 1000, &cols, err) ||
        !json_get_int(request, "rows", 1, 1000, &rows, err))
        return false;
    shells_resize(sh, cols, rows, client, id);
    return true;
}

static bool op_signal(struct shell *sh, struct link *client, uint32_t id, const json_t *request,
                      struct pyro_error *err)
{
    const char *name;

    if (!json_get_string(request, "signal", &name, err))
        return false;
    shells_signal(sh, name, client, id);
    return true;
}

static bool dispatch(struct supervisor *s, struct link *client, uint32_t id, const json_t *request,
                     struct pyro_error *err)
{
    const char *what = json_string_or(request, "do", ""), *name;
    struct shell *sh;

    if (!json_get_string(request, "shell", &name, err))
        return false;
    if (s->guest && !link_is_ready(s->guest) && !strcmp(what, "prompt")) {
        /* The machine was adopted while paused; a waiting client goes on waiting. */
        stream_reply(client, id, shells_prompt_unknown());
        return true;
    }
    if (!supervisor_check_guest(s, err))
        return false;
    sh = shells_find(s, name, err);
    if (!sh)
        return false;
    if (!strcmp(what, "write") || !strcmp(what, "attach"))
        return take_input(s, client, id, name, request, err);
    if (!strcmp(what, "resize"))
        return op_resize(sh, client, id, request, err);
    if (!strcmp(what, "signal"))
        return op_signal(sh, client, id, request, err);
    if (!strcmp(what, "close"))
        shells_close(sh, client, id);
    else if (!strcmp(what, "prompt"))
        shells_prompt(sh, client, id);
    else
        return pyro_fail(err, PYRO_INTERNAL, "the supervisor does not know 'shell %s'", what);
    return true;
}

bool shell_ops_dispatch(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request, struct pyro_error *err)
{
    if (!supervisor_check_running(s, err))
        return false;
    if (!strcmp(json_string_or(request, "do", ""), "open"))
        return shells_open(s, client, id, request, err);
    return dispatch(s, client, id, request, err);
}
