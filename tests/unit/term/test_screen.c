/* --screen, and the confinement that it and the grid renderer run under. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/term/screen.h"
#include "vmm/base/confine.h"
#include "vmm/base/sandbox.h"

static void show(const char *input, const struct plain_options *options, struct screen *ret)
{
    struct pyro_error err = { 0 };

    if (!screen_render(input, strlen(input), options, ret, &err))
        fail_msg("%s", err.message);
}

static void test_screen_render_shows(void **state)
{
    struct plain_options options = { .rows = 3, .cols = 10 };
    struct screen s;

    (void)state;
    show("\x1b]0;the title\x07one\r\ntwo  \x1b[2;3Hx\x1b[?25l", &options, &s);
    assert_int_equal(s.rows, 3);
    assert_int_equal(s.cols, 10);
    assert_string_equal(s.text[0], "one");
    assert_string_equal(s.text[1], "twx");
    assert_string_equal(s.text[2], "");
    assert_string_equal(s.title, "the title");
    assert_int_equal(s.cursor_row, 1);
    assert_int_equal(s.cursor_col, 3);
    assert_false(s.cursor_visible);
    assert_false(s.alt_screen);
    screen_release(&s);
}

/* Behaviour that xterm, tmux and alacritty agree on and libvterm lacks, or that the gate must let
 * through; the plain renderer shows the same. */
static const struct {
    const char *name, *input, *rows[3];
} agreed[] = {
    { "a narrow character over a left half", "\u65e5\u672c\rX", { "X \u672c" } },
    { "a narrow character over a right half", "\u65e5\u672c\x1b[2GX", { " X\u672c" } },
    { "a wide character over two halves", "\u65e5\u672c\x1b[2G\u754c", { " \u754c" } },
    { "a half at the margin", "0123456789\u65e5\x1b[12GX", { "0123456789 X" } },
    { "halves, the screen's other rows", "\u65e5\r\nab\x1b[HX\x1b[2;2H\u672c", { "X", "a\u672c" } },
    { "a half that is erased", "\u65e5\u672c\x1b[4G\x1b[K", { "\u65e5" } },
    { "a half that is cut off by an insertion", "0123456789\u65e5\x1b[G\x1b[@", { " 0123456789" } },
    { "screen alignment", "ab\r\nc\x1b#8", { "EEEEEEEEEEEE", "EEEEEEEEEEEE", "EEEEEEEEEEEE" } },
    { "screen alignment homes",
      "ab\x1b[2;3r\x1b[?6h\x1b#8\x1b[?6lx",
      { "xEEEEEEEEEEE", "EEEEEEEEEEEE", "EEEEEEEEEEEE" } },
    { "a saved cursor keeps the character set",
      "\x1b"
      "7\x1b(0q\x1b"
      "8q",
      { "q" } },
    { "a saved cursor keeps the shift",
      "\x1b)0\x0e\x1b"
      "7\x0fq\x1b"
      "8q",
      { "\u2500" } },
    { "a saved cursor keeps origin mode",
      "\x1b[2;3r\x1b[?6h\x1b"
      "7\x1b[?6l\x1b"
      "8\x1b[Hx",
      { "", "x" } },
    { "1048 keeps the character set", "\x1b[?1048h\x1b(0q\x1b[?1048lq", { "q" } },
    { "1049 keeps the character set", "a\x1b[?1049h\x1b(0q\x1b[?1049lq", { "aq" } },
    { "1049 brings it back", "\x1b(0\x1b[?1049h\x1b(Bq\x1b[?1049lq", { "\u2500" } },
    { "a cursor saved on the alternate screen",
      "a\x1b[?1049h\x1b[3;3H\x1b"
      "7\x1b[?1049lb",
      { "ab" } },
    { "selective erase in the line", "\x1b[1\"qab\x1b[0\"qcd\x1b[?2K", { "ab" } },
    { "selective erase to the left", "x\x1b[1\"qab\x1b[2\"qcd\x1b[?1K", { " ab" } },
    { "selective erase of the display",
      "\x1b[1\"qab\x1b[\"qcd\r\nef\x1b[1\"qg\x1b[H\x1b[?J",
      { "ab", "  g" } },
    { "erase does not spare", "\x1b[1\"qab\x1b[2K\rc", { "c" } },
    { "protection ends with a reset",
      "\x1b[1\"q\x1b"
      "cab\x1b[?2K\rc",
      { "c" } },
    { "protection ends with a soft reset", "\x1b[1\"q\x1b[!pab\x1b[?2K\rc", { "c" } },
    { "colours do not end protection", "\x1b[1\"q\x1b[31ma\x1b[mb\x1b[?2K", { "ab" } },
    { "a variation selector stays", "\u2764\ufe0f ok", { "\u2764\ufe0f ok" } },
    { "a variation selector behind a colour", "\u2764\x1b[m\ufe0f ok", { "\u2764\ufe0f ok" } },
    { "a variation selector at the margin",
      "01234567890\u2764\x1b[m\ufe0f",
      { "01234567890\u2764\ufe0f" } },
    { "two marks at the margin", "01234567890e\u0301\x1b[m\u0302", { "01234567890e\u0301\u0302" } },
    { "joiners stay", "\U0001f469\u200d\U0001f4bb", { "\U0001f469\u200d\U0001f4bb" } },
};

static void test_screen_render_agreed(void **state)
{
    struct plain_options options = { .rows = 3, .cols = 12, .ended = true };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(agreed); i++) {
        scoped_buf lines = BUF_INIT(1000);
        struct plain_result plain;
        struct pyro_error err;
        struct screen s;

        print_message("%s\n", agreed[i].name);
        show(agreed[i].input, &options, &s);
        for (int row = 0; row < 3; row++) {
            const char *text = agreed[i].rows[row] ? agreed[i].rows[row] : "";
            assert_string_equal(s.text[row], text);
            assert_true(buf_printf(&lines, "%s\n", text));
        }
        screen_release(&s);
        if (!plain_render(agreed[i].input, strlen(agreed[i].input), &options, &plain, &err))
            fail_msg("%s", err.message);
        assert_memory_equal(plain.text.data, lines.data, plain.text.len);
        buf_release(&plain.text);
    }
}

static void test_screen_render_alternate(void **state)
{
    struct plain_options options = { .rows = 3, .cols = 10 };
    struct screen s;

    (void)state;
    show("main\x1b[?1049h\x1b[2J\x1b[HALT \xe6\x97\xa5\xe6\x9c\xac", &options, &s);
    assert_true(s.alt_screen);
    assert_string_equal(s.text[0], "ALT \xe6\x97\xa5\xe6\x9c\xac");
    screen_release(&s);
    options.alt_screen = true;
    show("inside", &options, &s);
    assert_true(s.alt_screen);
    screen_release(&s);
    show("inside\x1b[?1049l", &options, &s);
    assert_false(s.alt_screen);
    assert_string_equal(s.text[0], "");
    screen_release(&s);
}

static void test_screen_render_resized(void **state)
{
    struct plain_resize resize[] = { { 4, 5, 20 } };
    struct plain_options options = { .rows = 3, .cols = 10, .resizes = resize, .resize_count = 1 };
    struct screen s;

    (void)state;
    show("abcdefghijklmnopqrs", &options, &s);
    assert_int_equal(s.rows, 5);
    assert_string_equal(s.text[0], "abcdefghijklmnopqrs");
    screen_release(&s);
    resize[0] = (struct plain_resize){ 0, 1000, 1000 };
    show("big", &options, &s);
    assert_int_equal(s.rows, 1000);
    assert_string_equal(s.text[0], "big");
    screen_release(&s);
}

static void check_start(const char *bytes, size_t at)
{
    assert_int_equal(screen_find_start(bytes, strlen(bytes)), at);
}

static void test_screen_find_start(void **state)
{
    char *big = malloc(SCREEN_LOOK_BACK + 100);

    (void)state;
    check_start("abc", 0);
    check_start("abc\x1b"
                "cdef",
                3);
    check_start("abc\x1b[?1049hdef", 3);
    check_start("ab\x1b"
                "cabc\x1b[?1049hdef\x1b[?1049lghi",
                2);
    assert_non_null(big);
    memset(big, 'x', SCREEN_LOOK_BACK + 100);
    assert_int_equal(screen_find_start(big, SCREEN_LOOK_BACK + 100), 100);
    free(big);
}

/* A child that was taken over can answer what it likes: all of it is checked. */
static void test_screen_parse_hostile(void **state)
{
    scoped_buf answer = BUF_INIT(1 << 20);
    struct plain_options options = { .rows = 2, .cols = 5 };
    struct pyro_error err;
    struct screen s;

    (void)state;
    assert_true(screen_render_here("ab", 2, &options, &answer));
    assert_true(screen_parse(answer.data, answer.len, &s, &err));
    screen_release(&s);
    for (size_t n = 0; n < answer.len; n++)
        assert_false(screen_parse(answer.data, n, &s, &err));
    for (size_t i = 0; i < answer.len; i++) {
        char kept = answer.data[i];
        answer.data[i] = (char)0xff;
        if (screen_parse(answer.data, answer.len, &s, &err))
            screen_release(&s);
        answer.data[i] = '\x1b';
        if (screen_parse(answer.data, answer.len, &s, &err)) {
            for (int row = 0; row < s.rows; row++)
                assert_null(strchr(s.text[row], '\x1b'));
            screen_release(&s);
        }
        answer.data[i] = kept;
    }
}

/* ---- the confinement ---- */

static bool job_echo(void *arg)
{
    return sandbox_write(arg, strlen(arg));
}
static bool job_allocate(void *arg)
{
    char *block = malloc(1 << 20);

    (void)arg;
    if (!block)
        return false;
    memset(block, 1, 1 << 20);
    free(block);
    return sandbox_write("ok", 2);
}
static bool job_allocate_too_much(void *arg)
{
    (void)arg;
    return malloc((size_t)1 << 32) != NULL;
}
/* Takes memory in blocks of `arg` bytes until there is no more. */
static bool job_exhaust(void *arg)
{
    size_t size = *(size_t *)arg, count = 0;
    char *block;

    while ((block = malloc(size))) {
        block[0] = block[size - 1] = 1;
        count++;
    }
    for (int i = 0; i < 3 && !block; i++) /* and none after that either */
        block = malloc(2 * size);
    return !block && sandbox_write("ok", count ? 2 : 0);
}
static bool job_terminal_without_memory(void *arg)
{
    struct plain_options options = { .rows = 1000, .cols = 1000 };
    scoped_buf answer = BUF_INIT(1 << 20);

    (void)arg;
    return screen_render_here("x", 1, &options, &answer);
}
static bool job_open(void *arg)
{
    (void)arg;
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool job_socket(void *arg)
{
    (void)arg;
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}
static bool job_kill(void *arg)
{
    (void)arg;
    return kill(getpid(), 0) == 0;
}
static bool job_fork(void *arg)
{
    (void)arg;
    return fork() >= 0;
}
static bool job_map_code(void *arg)
{
    (void)arg;
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}
static bool job_crash(void *arg)
{
    (void)arg;
    __builtin_trap();
}
static bool job_inherited(void *arg)
{
    return write(*(int *)arg, "x", 1) == 1;
}

static bool run(sandbox_job *job, void *arg, struct buf *out, struct pyro_error *err)
{
    const struct sandbox_task task = {
        .job = job, .arg = arg, .heap_bytes = 4 << 20, .cpu_seconds = 10
    };

    return sandbox_run(&task, -1, out, err);
}

static void test_sandbox_run_job(void **state)
{
    scoped_buf out = BUF_INIT(1000), small = BUF_INIT(3);
    struct pyro_error err;
    char text[] = "hello";

    (void)state;
    assert_true(run(job_echo, text, &out, &err));
    assert_string_equal(out.data, "hello");
    assert_true(run(job_allocate, NULL, &out, &err));
    assert_string_equal(out.data, "hellook");
    assert_false(run(job_echo, text, &small, &err));
    assert_int_equal(err.code, PYRO_NO_MEMORY);
}

static void test_sandbox_run_crash(void **state)
{
    scoped_buf out = BUF_INIT(1000);
    struct pyro_error err;

    (void)state;
    assert_false(run(job_crash, NULL, &out, &err));
    assert_int_equal(err.code, PYRO_INTERNAL);
}

/* Memory that is used up is an error that says so, whatever was reserved, and no crash. */
static void test_sandbox_run_exhausted(void **state)
{
    const size_t heaps[] = { 4 << 20, (size_t)INT_MAX - (1 << 20), (size_t)INT_MAX + (64 << 20) };
    const struct sandbox_task huge = { .job = job_allocate,
                                       .heap_bytes = SIZE_MAX / 4,
                                       .cpu_seconds = 10 };
    struct pyro_error err;

    (void)state;
    if (CONFINE_SANITIZED)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(heaps); i++) {
        for (size_t size = heaps[i] / 64; size >= heaps[i] / 4096; size /= 8) {
            const struct sandbox_task task = {
                .job = job_exhaust, .arg = &size, .heap_bytes = heaps[i], .cpu_seconds = 60
            };
            scoped_buf out = BUF_INIT(1000);
            if (!sandbox_run(&task, -1, &out, &err))
                fail_msg("%zu bytes in blocks of %zu: %s", heaps[i], size, err.message);
            assert_string_equal(out.data, "ok");
        }
    }
    scoped_buf out = BUF_INIT(1000);
    assert_false(run(job_terminal_without_memory, NULL, &out, &err));
    assert_int_equal(err.code, PYRO_NO_MEMORY);
    assert_false(sandbox_run(&huge, -1, &out, &err));
    assert_int_equal(err.code, PYRO_NO_MEMORY);
}

/* The child ends at the first system call that is not its own. */
static void test_sandbox_filter(void **state)
{
    sandbox_job *const forbidden[] = { job_open, job_socket, job_kill, job_fork };
    scoped_buf out = BUF_INIT(1000);
    struct pyro_error err;
    int fd = STDERR_FILENO;

    (void)state;
    if (CONFINE_SANITIZED)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
        assert_false(run(forbidden[i], NULL, &out, &err));
        assert_non_null(strstr(err.message, strsignal(SIGSYS)));
    }
    assert_false(run(job_map_code, NULL, &out, &err));
    assert_false(run(job_allocate_too_much, NULL, &out, &err));
    assert_false(run(job_inherited, &fd, &out, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screen_render_shows),
        cmocka_unit_test(test_screen_render_agreed),
        cmocka_unit_test(test_screen_render_alternate),
        cmocka_unit_test(test_screen_render_resized),
        cmocka_unit_test(test_screen_find_start),
        cmocka_unit_test(test_screen_parse_hostile),
        cmocka_unit_test(test_sandbox_run_job),
        cmocka_unit_test(test_sandbox_run_crash),
        cmocka_unit_test(test_sandbox_run_exhausted),
        cmocka_unit_test(test_sandbox_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
