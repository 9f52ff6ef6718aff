/* tests/unit/guest/test_guest_shell.c: shells of the guest program itself, as a plain child over a
 * socketpair. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/guest_fixture.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static struct guest_fixture guest;

static int start_guest(void **state UNUSED)
{
    guest_fixture_start(&guest);
    return 0;
}

static int end_guest(void **state UNUSED)
{
    return guest_fixture_end(&guest);
}

/* The host's side of a shell: its log, and what the guest said last. */
struct shell {
    struct stream stream;
    const char *id;
    struct buf log;
    uint64_t offset; /* of the next byte */
    uint64_t since;  /* bytes since it was attached */
    int ended;       /* exit code; -1: it runs */
    int64_t ended_at;
    bool answered, at_prompt;
    int pasted; /* -1: nothing was said of a paste */
    int64_t cols, rows, resized_at;
    char foreground[256];
    bool waits;
    int64_t age_ms;
};

static void on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n)
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

static void on_message(struct stream *s, const json_t *message)
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

static void on_closed(struct stream *s UNUSED, const json_t *result, const struct pyro_error *err)
{
    struct pyro_error refused = { 0 };

    if (result && !error_from_result(result, &refused))
        fail_msg("the attachment was refused: %s", refused.message);
    fail_msg("the attachment was lost: %s", err->message);
}

static void attach(struct shell *sh)
{
    static const struct stream_ops ops = { .data = on_data,
                                           .message = on_message,
                                           .closed = on_closed };
    scoped_json json_t *request = json_pack("{s:s, s:s, s:I}", "op", "shell_attach", "shell",
                                            sh->id, "offset", (json_int_t)sh->offset);
    struct pyro_error err = { 0 };

    sh->since = 0;
    assert_true(stream_open(guest.peer.link, &sh->stream, request, &ops, sh, &err));
}

static json_t *open_request(const char *id, const char *cwd)
{
    return json_pack("{s:s, s:s, s:[s,s,s], s:s, s:i, s:i, s:{s:s, s:s, s:s}}", "op", "shell_open",
                     "shell", id, "command", "bash", "--norc", "-i", "cwd", cwd, "cols", 100,
                     "rows", 25, "env", "PS1", "PS> ", "HISTFILE", "/dev/null", "TERM", "dumb");
}

static void open_shell(struct shell *sh, const char *id)
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

static void run_once(int64_t deadline_ms, const char *what)
{
    if (clock_ms() > deadline_ms)
        fail_msg("waited in vain for %s", what);
    loop_run_once(guest.peer.loop, 100);
}

static void type(struct shell *sh, const char *keys)
{
    assert_int_equal(stream_send(&sh->stream, WIRE_STDIN, keys, strlen(keys)), strlen(keys));
}

/* Until the log holds the text. */
static void await_text(struct shell *sh, const char *text)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (!sh->log.data || !strstr(sh->log.data, text))
        run_once(deadline_ms, text);
}

static void tell(struct shell *sh, json_t *message)
{
    scoped_json json_t *owned = message;

    sh->answered = false;
    assert_true(stream_message(&sh->stream, owned));
}

static bool ask_prompt(struct shell *sh)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    tell(sh, json_pack("{s:i}", "prompt", 1));
    while (!sh->answered)
        run_once(deadline_ms, "an answer");
    return sh->at_prompt;
}

static void await_prompt(struct shell *sh)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (!ask_prompt(sh))
        run_once(deadline_ms, "the prompt");
}

static void await_end(struct shell *sh, int code)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (sh->ended < 0)
        run_once(deadline_ms, "the end");
    assert_int_equal(sh->ended, code);
    assert_int_equal(sh->ended_at, sh->offset); /* nothing comes after it */
}

static void let_go(struct shell *sh)
{
    tell(sh, json_pack("{s:b}", "forget", true));
    stream_close(&sh->stream, NULL);
    buf_release(&sh->log);
}

static void signal_shell(struct shell *sh, const char *name)
{
    tell(sh, json_pack("{s:s}", "signal", name));
}

static void expect_error(json_t *request, enum pyro_code code)
{
    struct pyro_error err = { 0 };
    struct call c;

    call_run(&c, &guest.peer, request);
    assert_false(error_from_result(c.result, &err));
    assert_int_equal(err.code, code);
    call_release(&c);
}

static size_t count_shells(void)
{
    struct call c;
    size_t n;

    call_run(&c, &guest.peer, peer_op("shell_list"));
    n = json_array_size(json_object_get(c.result, "shells"));
    call_release(&c);
    return n;
}

static void test_shell_echoes_answers_and_ends(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "a");
    await_text(&sh, "PS> ");
    type(&sh, "tty >/dev/null && stty size && pwd\n");
    await_text(&sh, "25 100\r\n");
    await_text(&sh, guest.dir);
    type(&sh, "exit 7\n");
    await_end(&sh, 7);
    assert_int_equal(count_shells(), 1); /* kept until the host has let go */
    stream_close(&sh.stream, NULL);
    attach(&sh); /* the end is told again to who has not said that it knows */
    sh.ended = -1;
    await_end(&sh, 7);
    let_go(&sh);
    while (count_shells())
        ;
}

static void test_shell_attached_again_in_a_flood(void **state UNUSED)
{
    const char *start, *end;
    struct shell sh;
    int cuts = 0;

    open_shell(&sh, "flood");
    await_text(&sh, "PS> ");
    type(&sh, "seq 200000 400000; exit\n");
    for (int64_t deadline_ms = clock_ms() + PEER_WAIT_MS; sh.ended < 0;) {
        run_once(deadline_ms, "the end of the flood");
        /* Not once the end may be on its way: who lets go then says that it knows it. */
        if (sh.since > 100000 && sh.offset + WIRE_CREDIT < 1600000) {
            stream_close(&sh.stream, NULL);
            attach(&sh);
            cuts++;
        }
    }
    assert_true(cuts > 3);
    assert_int_equal(sh.ended_at, sh.offset);
    start = strstr(sh.log.data, "\n200000\r\n") + 1;
    for (int i = 200000; i <= 400000; i++, start = end + 1) {
        end = strchr(start, '\n');
        assert_non_null(end);
        assert_int_equal(strtol(start, NULL, 10), i);
    }
    let_go(&sh);
}

static void test_shell_resize(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    struct shell sh;

    open_shell(&sh, "size");
    await_text(&sh, "PS> ");
    tell(&sh, json_pack("{s:[i,i]}", "resize", 77, 11));
    while (!sh.cols)
        run_once(deadline_ms, "the resize");
    assert_int_equal(sh.cols, 77);
    assert_int_equal(sh.rows, 11);
    assert_in_range(sh.resized_at, 1, sh.offset);
    type(&sh, "stty size\n");
    await_text(&sh, "11 77\r\n");
    tell(&sh, json_pack("{s:[i,i]}", "resize", 0, 5000)); /* ignored */
    tell(&sh, json_pack("{s:[i,i]}", "resize", 78, 12));
    while (sh.cols != 78)
        run_once(deadline_ms, "the second resize");
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_signals(void **state UNUSED)
{
    struct shell sh;
    pid_t background;

    open_shell(&sh, "signals");
    await_text(&sh, "PS> ");
    type(&sh, "sleep 1000 & echo pid=$!\n");
    await_text(&sh, "\npid=");
    await_prompt(&sh);
    background = (pid_t)strtol(strstr(sh.log.data, "\npid=") + 5, NULL, 10);
    assert_int_equal(kill(background, 0), 0);
    /* Said by what is in the foreground: a signal before that would be bash's own. */
    type(&sh, "sh -c 'echo go; exec sleep 2000'\n");
    await_text(&sh, "\ngo");
    signal_shell(&sh, "INT");
    await_prompt(&sh);
    type(&sh, "echo status=$?.\n");
    await_text(&sh, "\nstatus=130.");
    assert_int_equal(kill(background, 0), 0); /* not in the foreground */
    signal_shell(&sh, "NOSUCH");
    await_prompt(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    for (int64_t deadline_ms = clock_ms() + PEER_WAIT_MS; kill(background, 0) == 0;)
        run_once(deadline_ms, "the background's end");
    let_go(&sh);
}

static void await_foreground(struct shell *sh, const char *text, bool waits)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (strcmp(sh->foreground, text) != 0 || sh->waits != waits)
        run_once(deadline_ms, *text ? text : "the shell itself");
}

/* Told without being asked, also where nothing is printed or typed as it changes. */
static void test_shell_tells_its_foreground(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "fg");
    await_foreground(&sh, "", true);
    type(&sh, "sleep 2; sleep 1000; echo $((40 + 2))\n");
    await_foreground(&sh, "sleep 2", false);
    assert_true(sh.age_ms >= 0);
    await_foreground(&sh, "sleep 1000", false);
    signal_shell(&sh, "INT");
    await_foreground(&sh, "", true);
    type(&sh, "sh -c 'exec sleep 1001' arg\n"); /* what it became, not what it was */
    await_foreground(&sh, "sleep 1001", false);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_prompt(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "prompt");
    await_text(&sh, "PS> ");
    await_prompt(&sh);
    assert_true(ask_prompt(&sh));
    type(&sh, "sh -c 'echo go; exec sleep 2000'\n");
    assert_false(ask_prompt(&sh)); /* the input is on its way */
    await_text(&sh, "\ngo");
    assert_false(ask_prompt(&sh));
    signal_shell(&sh, "INT");
    await_prompt(&sh);
    type(&sh, "echo loop; while :; do :; done\n"); /* bash itself stays in the foreground */
    await_text(&sh, "\nloop");
    for (int i = 0; i < 20; i++)
        assert_false(ask_prompt(&sh));
    signal_shell(&sh, "INT");
    await_prompt(&sh);
    type(&sh, "read -p 'name: ' x\n");
    await_text(&sh, "name: ");
    await_prompt(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    assert_false(ask_prompt(&sh));
    let_go(&sh);
}

static void test_shell_takes_a_megabyte_of_input(void **state UNUSED)
{
    const size_t total = 1 << 20;
    scoped_free char *bytes = malloc(total);
    struct shell sh;
    size_t at = 0;

    assert_non_null(bytes);
    memset(bytes, 'x', total);
    open_shell(&sh, "big");
    await_text(&sh, "PS> ");
    type(&sh, "stty raw -echo; echo ready; head -c 1048576 | wc -c; exit 0\n");
    await_text(&sh, "\nready");
    for (int64_t deadline_ms = clock_ms() + PEER_WAIT_MS; sh.ended < 0;) {
        at += stream_send(&sh.stream, WIRE_STDIN, bytes + at, total - at);
        run_once(deadline_ms, "the input to be read");
    }
    assert_int_equal(at, total);
    assert_non_null(strstr(sh.log.data, "\n1048576"));
    let_go(&sh);
}

/* A terminal that edits lines itself keeps 4095 bytes of one: what is typed before bash is at its
 * prompt waits whole. What cat gets is what a terminal gives. */
static void test_shell_keeps_a_long_line_for_the_prompt(void **state UNUSED)
{
    static char line[20000];
    scoped_free char *gate = str_printf("%s/gate", guest.dir);
    struct shell sh;
    int fd;

    memset(line, 'x', sizeof(line) - 1);
    assert_int_equal(mkfifo(gate, 0600), 0);
    open_shell(&sh, "long");
    await_text(&sh, "PS> ");
    type(&sh, "echo be''gun; read -r _ <gate\n");
    await_text(&sh, "begun");
    type(&sh, "echo short\necho ");
    type(&sh, line);
    type(&sh, "|wc -c\n");
    type(&sh, "echo last\n");
    await_text(&sh, "echo short\r\n"); /* echoed by the terminal */
    ask_prompt(&sh);
    assert_false(sh.at_prompt);
    fd = open(gate, O_WRONLY | O_CLOEXEC); /* its reader ends */
    assert_true(fd >= 0);
    close(fd);
    await_text(&sh, "\n20000\r\n");
    await_text(&sh, "\nlast\r\n");
    /* Said by what is in the foreground: an interrupt before that would be bash's own. */
    type(&sh, "sh -c 'echo ran; exec cat >/dev/null'\n");
    await_text(&sh, "\nran");
    type(&sh, line);
    assert_false(ask_prompt(&sh));
    type(&sh, "\003"); /* does not wait behind it */
    await_prompt(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

/* Announced, and then typed. */
static void type_as(struct shell *sh, const char *as, const char *keys)
{
    tell(sh, json_pack("{s:{s:s, s:I, s:i}}", "input", "as", as, "bytes", (json_int_t)strlen(keys),
                       "token", 1));
    type(sh, keys);
}

/* Runs a program that reads n bytes of a raw terminal and shows them; `first` is printed before. */
static void read_raw(struct shell *sh, const char *first, int n)
{
    char line[200];

    snprintf(line, sizeof(line),
             "sh -c 'stty raw -echo; printf \"g\"\"o.%s\"; head -c %d | od -An -tx1; stty sane'\n",
             first, n);
    await_prompt(sh);
    buf_clear(&sh->log);
    type(sh, line);
    await_text(sh, "go.");
}

static void test_shell_enter_is_what_the_terminal_wants(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "enter");
    read_raw(&sh, "", 4);
    type_as(&sh, "lines", "a\nb\n");
    await_text(&sh, "61 0d 62 0d");
    read_raw(&sh, "", 4);
    type(&sh, "a\nb\n");
    await_text(&sh, "61 0a 62 0a");
    await_prompt(&sh);
    type_as(&sh, "lines", "sh -c 'echo r''eady; head -c 4 | od -An -tx1'\n");
    await_text(&sh, "ready");
    type_as(&sh, "lines", "c\nd\n");
    await_text(&sh, "63 0a 64 0a");
    await_prompt(&sh);
    type_as(&sh, "lines", "read -r a; read -r b; echo \"[$a-$b]\"\nx\ny\n"); /* the shell itself */
    await_text(&sh, "[x-y]");
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_paste(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    struct shell sh;

    open_shell(&sh, "paste");
    read_raw(&sh, "\\033[?2004h", 15);
    type_as(&sh, "paste", "a\nb");
    await_text(&sh, "1b 5b 32 30 30 7e 61 0d 62 1b 5b 32 30 31 7e");
    assert_int_equal(sh.pasted, true);
    sh.pasted = -1;
    read_raw(&sh, "\\033[?2004h\\033[?2004l", 4); /* asked for, and no more */
    type_as(&sh, "paste", "a\nb\n");
    await_text(&sh, "61 0d 62 0d");
    assert_int_equal(sh.pasted, false);
    sh.pasted = -1;
    await_prompt(&sh);
    type_as(&sh, "paste", "");
    while (sh.pasted < 0)
        run_once(deadline_ms, "what became of the paste");
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void reply(struct shell *sh, uint64_t offset)
{
    tell(sh, json_pack("{s:s, s:I}", "reply", "\x1b[7;8R", "offset", (json_int_t)offset));
}

/* A reply that nobody waits for would be typed into the shell. */
static void test_shell_reply_goes_to_who_asked(void **state UNUSED)
{
    struct shell sh;
    uint64_t asked;

    open_shell(&sh, "reply");
    read_raw(&sh, "\\033[6n", 6);
    await_text(&sh, "\x1b[6n");
    reply(&sh, sh.offset);
    await_text(&sh, "1b 5b 37 3b 38 52");
    read_raw(&sh, "\\033[6n-", 6); /* something was printed behind the question */
    await_text(&sh, "n-");
    asked = sh.offset - 1;
    reply(&sh, asked);
    type(&sh, "abcdef");
    await_text(&sh, "61 62 63 64 65 66");
    await_prompt(&sh);
    reply(&sh, sh.offset); /* the shell has asked nothing */
    buf_clear(&sh.log);
    type(&sh, "printf '\\033[c'; sleep 0.2; printf '\\033[6n'; cat\n"); /* raw is who asks */
    await_text(&sh, "\x1b[6n");
    reply(&sh, sh.offset);
    type(&sh, "ca''t\n\004");
    await_prompt(&sh);
    buf_clear(&sh.log);
    type(&sh, "echo o''k\n");
    await_text(&sh, "ok\r\n");
    assert_null(strstr(sh.log.data, "not found"));
    assert_null(strstr(sh.log.data, "7;8R"));
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

/* The terminal is raw at bash's prompt too, and what a job prints there is no question of bash's.
 */
static void test_shell_reply_is_not_typed_into_a_shell(void **state UNUSED)
{
    static const char *const shells[] = { ":\n", "bash --norc\n", "sh -c 'bash --norc; :'\n" };
    struct shell sh;

    open_shell(&sh, "prompt");
    await_prompt(&sh);
    for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
        type(&sh, shells[i]);
        buf_clear(&sh.log);
        type(&sh, "bind 'set enable-bracketed-paste off'; PS1=; echo re''ady\n");
        await_text(&sh, "ready\r\n");
        type(&sh, "(until stty -a | grep -q -e -icanon; do :; done; printf '\\033[c') &\n");
        await_text(&sh, "\x1b[c");
        reply(&sh, sh.offset);
        type(&sh, "echo o''k\n");
        await_text(&sh, "ok\r\n");
        assert_null(strstr(sh.log.data, "8R"));
    }
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_close_hangs_up_first(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "close");
    await_prompt(&sh);
    type(&sh, "exec sh -c 'trap \"echo by''e; exit 5\" HUP; echo trapp''ed; while :; do sleep 0.1; "
              "done'\n");
    await_text(&sh, "trapped");
    tell(&sh, json_pack("{s:i}", "close", 5000));
    await_end(&sh, 5);
    assert_non_null(strstr(sh.log.data, "bye"));
    let_go(&sh);
    open_shell(&sh, "deaf");
    await_prompt(&sh);
    type(&sh, "exec sh -c 'trap \"\" HUP; echo trapp''ed; while :; do sleep 0.1; done'\n");
    await_text(&sh, "trapped");
    tell(&sh, json_pack("{s:i}", "close", 100));
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_that_left_its_terminal(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "left");
    await_text(&sh, "PS> ");
    type(&sh, "exec sh -c 'exec sleep 1000 <&- >&- 2>&-' 255>&-\n");
    await_text(&sh, "255>&-\r\n");
    for (int i = 0; i < 10; i++)
        ask_prompt(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_requests_that_are_refused(void **state UNUSED)
{
    struct shell sh;

    expect_error(open_request("x", "/nowhere"), PYRO_GUEST_ERROR);
    expect_error(json_pack("{s:s, s:s, s:[s], s:i, s:i}", "op", "shell_open", "shell", "x",
                           "command", "no-such-program", "cols", 80, "rows", 24),
                 PYRO_GUEST_ERROR);
    expect_error(json_pack("{s:s, s:s, s:[s], s:i, s:i}", "op", "shell_open", "shell", "x",
                           "command", "bash", "cols", 0, "rows", 24),
                 PYRO_REFUSED);
    expect_error(json_pack("{s:s, s:s, s:i}", "op", "shell_attach", "shell", "x", "offset", 0),
                 PYRO_SHELL_NOT_FOUND);
    assert_int_equal(count_shells(), 0);
    open_shell(&sh, "x");
    await_text(&sh, "PS> ");
    expect_error(open_request("x", "/workspace"), PYRO_REFUSED);
    expect_error(json_pack("{s:s, s:s, s:i}", "op", "shell_attach", "shell", "x", "offset", 0),
                 PYRO_SHELL_STATE);
    stream_close(&sh.stream, NULL);
    expect_error(json_pack("{s:s, s:s, s:i}", "op", "shell_attach", "shell", "x", "offset", 9999),
                 PYRO_SHELL_STATE);
    attach(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

int main(void)
{
#define T(NAME) cmocka_unit_test_setup_teardown(NAME, start_guest, end_guest)
    const struct CMUnitTest tests[] = {
        T(test_shell_echoes_answers_and_ends),
        T(test_shell_attached_again_in_a_flood),
        T(test_shell_resize),
        T(test_shell_signals),
        T(test_shell_prompt),
        T(test_shell_tells_its_foreground),
        T(test_shell_takes_a_megabyte_of_input),
        T(test_shell_keeps_a_long_line_for_the_prompt),
        T(test_shell_enter_is_what_the_terminal_wants),
        T(test_shell_paste),
        T(test_shell_reply_goes_to_who_asked),
        T(test_shell_reply_is_not_typed_into_a_shell),
        T(test_shell_close_hangs_up_first),
        T(test_shell_that_left_its_terminal),
        T(test_shell_requests_that_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
