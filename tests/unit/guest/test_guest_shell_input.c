/* tests/unit/guest/test_guest_shell_input.c: what is typed into a shell of the guest program: keys,
 * lines, pastes, and replies to what its programs ask. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/guest_shell_fixture.h"
#include "vmm/base/fs.h"

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

/* The terminal is raw at bash's prompt too, and what a job prints there is not a question of bash's.
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

int main(void)
{
#define T(NAME) cmocka_unit_test_setup_teardown(NAME, start_guest, end_guest)
    const struct CMUnitTest tests[] = {
        T(test_shell_takes_a_megabyte_of_input),
        T(test_shell_keeps_a_long_line_for_the_prompt),
        T(test_shell_enter_is_what_the_terminal_wants),
        T(test_shell_paste),
        T(test_shell_reply_goes_to_who_asked),
        T(test_shell_reply_is_not_typed_into_a_shell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
