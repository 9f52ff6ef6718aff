/* tests/unit/guest_shell_fixture.c: the host's end of a shell's attachment. */
#include "tests/unit/guest_shell_fixture.h"

#include <string.h>

#include "vmm/base/fs.h"

struct guest_fixture guest;

int start_guest(void **state UNUSED)
{
    guest_fixture_start(&guest);
    return 0;
}

int end_guest(void **state UNUSED)
{
    return guest_fixture_end(&guest);
}

static void shell_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n)
{
    struct shell *sh = s->arg;
    struct reader r = reader_of(bytes, n);
    uint64_t offset;

    assert_int_equal(channel, WIRE_PTY);
    assert_true(rd_u64(&r, &offset));
    assert_true(offset == sh->offset);
    assert_true(buf_append(&sh->log, r.at, rd_left(&r)));
    sh->offset += rd_left(&r);
    sh->since += rd_left(&r);
    stream_consumed(s, n);
}

static void shell_message(struct stream *s, const json_t *message)
{
    struct shell *sh = s->arg;
    const json_t *size = json_object_get(message, "resized");

    if (json_object_get(message, "foreground")) {
        snprintf(sh->foreground, sizeof(sh->foreground), "%s",
                 json_string_or(message, "foreground", ""));
        sh->waits = json_bool_or(message, "prompt", false);
        sh->age_ms = json_int_or(message, "age_ms", -1);
        return;
    }
    if (json_object_get(message, "pasted")) {
        sh->pasted = json_bool_or(message, "pasted", false);
        return;
    }
    sh->answered = true;
    sh->at_prompt = json_bool_or(message, "at_prompt", false);
    if (size) {
        sh->cols = json_integer_value(json_array_get(size, 0));
        sh->rows = json_integer_value(json_array_get(size, 1));
        sh->resized_at = json_int_or(message, "offset", -1);
    }
    sh->ended = (int)json_int_or(message, "ended", -1);
    if (sh->ended >= 0)
        sh->ended_at = json_int_or(message, "offset", -1);
}

static void shell_closed(struct stream *s, const json_t *result, const struct pyro_error *err)
{
    const struct shell *sh = s->arg;
    struct pyro_error refused = { 0 };

    if (sh->ended >= 0) /* the guest program may end after it */
        return;
    if (result && !error_from_result(result, &refused))
        fail_msg("the attachment was refused: %s", refused.message);
    fail_msg("the attachment was lost: %s", err->message);
}

void attach(struct shell *sh)
{
    static const struct stream_ops ops = { .data = shell_data,
                                           .message = shell_message,
                                           .closed = shell_closed };
    scoped_json json_t *request = json_pack("{s:s, s:s, s:I}", "op", "shell_attach", "shell",
                                            sh->id, "offset", (json_int_t)sh->offset);
    struct pyro_error err = { 0 };

    sh->since = 0;
    assert_true(stream_open(guest.peer.link, &sh->stream, request, &ops, sh, &err));
}

json_t *open_request(const char *id, const char *cwd)
{
    return json_pack("{s:s, s:s, s:[s,s,s], s:s, s:i, s:i, s:{s:s, s:s, s:s}}", "op", "shell_open",
                     "shell", id, "command", "bash", "--norc", "-i", "cwd", cwd, "cols", 100,
                     "rows", 25, "env", "PS1", "PS> ", "HISTFILE", "/dev/null", "TERM", "dumb");
}

void open_shell(struct shell *sh, const char *id)
{
    struct call c;
    struct pyro_error err = { 0 };

    *sh = (struct shell){ .id = id, .ended = -1, .pasted = -1, .log = BUF_INIT(64 << 20) };
    call_run(&c, &guest.peer, open_request(id, "/workspace"));
    if (!error_from_result(c.result, &err))
        fail_msg("%s", err.message);
    call_release(&c);
    attach(sh);
}

void run_once(int64_t deadline_ms, const char *what)
{
    if (clock_ms() > deadline_ms)
        fail_msg("waited in vain for %s", what);
    loop_run_once(guest.peer.loop, 100);
}

void type(struct shell *sh, const char *keys)
{
    assert_int_equal(stream_send(&sh->stream, WIRE_STDIN, keys, strlen(keys)), strlen(keys));
}

/* Until the log holds the text. */
void await_text(struct shell *sh, const char *text)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (!sh->log.data || !strstr(sh->log.data, text))
        run_once(deadline_ms, text);
}

void tell(struct shell *sh, json_t *message)
{
    scoped_json json_t *owned = message;

    sh->answered = false;
    assert_true(stream_message(&sh->stream, owned));
}

bool ask_prompt(struct shell *sh)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    tell(sh, json_pack("{s:i}", "prompt", 1));
    while (!sh->answered)
        run_once(deadline_ms, "an answer");
    return sh->at_prompt;
}

void await_prompt(struct shell *sh)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (!ask_prompt(sh))
        run_once(deadline_ms, "the prompt");
}

void await_end(struct shell *sh, int code)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (sh->ended < 0)
        run_once(deadline_ms, "the end");
    assert_int_equal(sh->ended, code);
    assert_int_equal(sh->ended_at, sh->offset); /* nothing comes after it */
}

void let_go(struct shell *sh)
{
    tell(sh, json_pack("{s:b}", "forget", true));
    stream_close(&sh->stream, NULL);
    buf_release(&sh->log);
}

void signal_shell(struct shell *sh, const char *name)
{
    tell(sh, json_pack("{s:s}", "signal", name));
}

void expect_error(json_t *request, enum pyro_code code)
{
    struct pyro_error err = { 0 };
    struct call c;

    call_run(&c, &guest.peer, request);
    assert_false(error_from_result(c.result, &err));
    assert_int_equal(err.code, code);
    call_release(&c);
}

size_t count_shells(void)
{
    struct call c;
    size_t n;

    call_run(&c, &guest.peer, peer_op("shell_list"));
    n = json_array_size(json_object_get(c.result, "shells"));
    call_release(&c);
    return n;
}
