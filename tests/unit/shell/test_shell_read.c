/* tests/unit/shell/test_shell_read.c: reads by cursor of logs that the supervisor's own writer
 * made. */
#include "tests/unit/shell_fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/shell/shell_read.h"
#include "engine/shell/shell_wait.h"
#include "vmm/base/fs.h"

static bool wait_for_shell(const struct shell_read_spec *spec, struct shell_wait_answer *ret_answer,
                           struct pyro_error *err)
{
    const struct workspace_handle w = { .store = { .fd = -1 }, .dir_fd = dir_fd, .id = "w" };

    return shell_wait(&w, "sh1", spec, ret_answer, err);
}

static void end(void)
{
    struct pyro_error err = { 0 };

    record.running = false;
    record.exit_code = 0;
    assert_true(shell_record_save(dir_fd, &record, &err));
}

static void read_at(enum shell_rendering rendering, uint64_t cursor, int64_t max_chars,
                    struct shell_reading *ret)
{
    struct shell_read_spec spec = { .cursor = cursor,
                                    .max_chars = max_chars,
                                    .rendering = rendering };
    struct pyro_error err = { 0 };

    if (!shell_read_log(dir_fd, "sh1", &spec, ret, &err))
        fail_msg("%s", err.message);
}

/* A read whose output must be `output`; returns next_cursor. */
static uint64_t expect(enum shell_rendering rendering, uint64_t cursor, int64_t max_chars,
                       const char *output)
{
    struct shell_reading r;
    uint64_t next;

    read_at(rendering, cursor, max_chars, &r);
    assert_int_equal(r.output.len, strlen(output));
    assert_string_equal(r.output.len ? r.output.data : "", output);
    next = r.next_cursor;
    shell_reading_release(&r);
    return next;
}

static void test_shell_read_from_any_cursor(void **state UNUSED)
{
    print("one\r\n\x1b[31mtwo\x1b[m\r\n");
    assert_int_equal(expect(SHELL_PLAIN, 0, 1000, "one\ntwo\n"), shell_log.file.size);
    assert_int_equal(expect(SHELL_PLAIN, 5, 1000, "two\n"), shell_log.file.size);
    assert_int_equal(expect(SHELL_RAW, 5, 1000, "\x1b[31mtwo\x1b[m\r\n"), shell_log.file.size);
    assert_int_equal(expect(SHELL_PLAIN, shell_log.file.size, 1000, ""), shell_log.file.size);
    /* The same again: nothing was consumed. */
    assert_int_equal(expect(SHELL_PLAIN, 0, 1000, "one\ntwo\n"), shell_log.file.size);
}

static void test_shell_read_counts_characters(void **state UNUSED)
{
    struct shell_reading r;

    print("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xff\xfe!");
    assert_int_equal(expect(SHELL_RAW, 0, 1, "\xc3\xa4"), 2);
    assert_int_equal(expect(SHELL_RAW, 0, 3, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), 9);
    assert_int_equal(expect(SHELL_RAW, 9, 1, "\xff"), 10);
    read_at(SHELL_RAW, 0, 5, &r);
    assert_true(r.truncated);
    shell_reading_release(&r);
    read_at(SHELL_RAW, 0, 6, &r);
    assert_false(r.truncated);
    shell_reading_release(&r);
}

static void test_shell_read_holds_back_what_is_unfinished(void **state UNUSED)
{
    print("a\xe2\x82");
    assert_int_equal(expect(SHELL_RAW, 0, 100, "a"), 1);
    assert_int_equal(expect(SHELL_PLAIN, 0, 100, "a"), 1);
    print("\xac\x1b[3");
    assert_int_equal(expect(SHELL_RAW, 1, 100, "\xe2\x82\xac\x1b[3"), 7);
    assert_int_equal(expect(SHELL_PLAIN, 1, 100, "\xe2\x82\xac"), 4);
    print("1mb\xf0\x9f");
    assert_int_equal(expect(SHELL_PLAIN, 4, 100, "b"), 10);
    end();
    assert_int_equal(expect(SHELL_PLAIN, 10, 100, "\xef\xbf\xbd\xef\xbf\xbd"), 12);
    assert_int_equal(expect(SHELL_RAW, 10, 100, "\xf0\x9f"), 12);
    assert_int_equal(expect(SHELL_PLAIN, 12, 100, ""), 12);
}

static void test_shell_read_in_pieces_equals_the_whole(void **state UNUSED)
{
    static const char text[] =
        "$ \x1b]0;title\x07\x1b[1;32mgreen\x1b[0m \xe2\x82\xac\xf0\x9f\x98\x80 "
        "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\r\n"
        "a line that is longer than forty columns, so that it wraps at the margin\r\n"
        "\x1bP+q544e\x1b\\done\x1b[K\r\n$ ";
    static const char whole[] =
        "$ green \xe2\x82\xac\xf0\x9f\x98\x80 link\n"
        "a line that is longer than forty columns, so that it wraps at the margin\ndone\n$ ";

    print(text);
    expect(SHELL_PLAIN, 0, 10000, whole);
    for (int64_t max = 1; max < 60; max++) {
        scoped_buf glued = BUF_INIT(10000);
        uint64_t at = 0;
        while (at < shell_log.file.size) {
            struct shell_reading r;
            read_at(SHELL_PLAIN, at, max, &r);
            assert_true(r.next_cursor > at);
            at = r.next_cursor;
            assert_true(buf_append(&glued, r.output.data, r.output.len));
            shell_reading_release(&r);
        }
        assert_string_equal(glued.data, whole);
    }
}

/* A prompt that was read is not read again, and what is drawn again comes whole. */
static void test_shell_read_what_changed(void **state UNUSED)
{
    uint64_t at, line;

    print("$ ");
    at = expect(SHELL_PLAIN, 0, 1000, "$ ");
    print("make\r\nbuilding 1%\rbuilding 10%");
    at = expect(SHELL_PLAIN, at, 1000, "make\nbuilding 10%");
    expect(SHELL_PLAIN, at, 1000, "");
    line = at;
    print("\rbuilding 100%\r\n$ ");
    at = expect(SHELL_PLAIN, at, 1000, "building 100%\n$ ");
    assert_int_equal(expect(SHELL_PLAIN, line, 1, ""), line + 1); /* the CR alone */
    print("ls\x1b[2D\x1b[Jdate\x1b[2DXY");
    at = expect(SHELL_PLAIN, at, 1000, "daXY");
    print("\x1b[H\x1b[2J$ ");
    expect(SHELL_PLAIN, at, 1000, "$ ");
}

/* The log behind it is longer than what a read looks at. */
static void test_shell_read_what_changed_far_behind(void **state UNUSED)
{
    uint64_t at;

    for (int i = 0; i < 12000; i++)
        print("a line of thirty characters\r\n");
    print("50%");
    at = shell_log.file.size;
    expect(SHELL_PLAIN, at - 3, 1000, "50%");
    print("\r100%\r\n");
    expect(SHELL_PLAIN, at, 1000, "100%\n");
    print("\x1b[A\x1b[Kdone\r\n");
    expect(SHELL_PLAIN, at, 1000, "done\n");
}

static void test_shell_read_hides_before_it_compares(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    uint64_t at;

    assert_int_equal(mkdirat(dir_fd, "secrets", 0700), 0);
    assert_true(fs_replace(dir_fd, "secrets/TOKEN", "tok-1234", 8, 0600, &err));
    print("$ echo ");
    at = shell_log.file.size;
    print("tok-\x1b[m1234\r\nmore\r\n");
    expect(SHELL_PLAIN, at, 1000, "[REDACTED]\nmore\n");
    at = shell_log.file.size;
    print("\x1b[2A\x1b[7C\x1b[Kx\r\n");
    expect(SHELL_PLAIN, at, 1000, "$ echo x\nmore");
}

static void test_shell_read_beyond_the_end(void **state UNUSED)
{
    struct shell_read_spec spec = { .cursor = 4, .max_chars = 1, .wait_for_idle_ms = 10 };
    struct pyro_error err = { 0 };
    struct shell_reading r;
    struct shell_wait_answer answer;

    print("abc");
    assert_false(shell_read_log(dir_fd, "sh1", &spec, &r, &err));
    assert_int_equal(err.code, PYRO_SHELL_STATE);
    assert_non_null(strstr(err.message, "cursor 4"));
    assert_true(wait_for_shell(&spec, &answer, &err)); /* at once */
    assert_false(shell_read_log(dir_fd, "sh2", &spec, &r, &err));
    assert_int_equal(err.code, PYRO_SHELL_NOT_FOUND);
}

static void test_shell_read_at_the_size_in_force(void **state UNUSED)
{
    uint64_t later;

    print("\x1b[99CX\r\n");
    resize(20, 10);
    later = shell_log.file.size;
    print("\x1b[99CY\r\n");
    expect(SHELL_PLAIN, 0, 1000,
           "                                       X\n                   Y\n");
    expect(SHELL_PLAIN, later, 1000, "                   Y\n");
}

static void test_shell_read_knows_the_alternate_screen(void **state UNUSED)
{
    struct shell_reading r;
    uint64_t inside;

    print("before\r\n\x1b[?1049h\x1b[Hdrawn");
    inside = shell_log.file.size;
    print(" more");
    read_at(SHELL_PLAIN, 0, 1000, &r);
    assert_string_equal(r.output.data, "before\n");
    assert_true(r.alt_screen);
    shell_reading_release(&r);
    read_at(SHELL_PLAIN, inside, 1000, &r);
    assert_int_equal(r.output.len, 0);
    assert_true(r.alt_screen);
    shell_reading_release(&r);
    read_at(SHELL_RAW, inside, 1000, &r);
    assert_string_equal(r.output.data, " more");
    assert_true(r.alt_screen);
    shell_reading_release(&r);
    read_at(SHELL_SCREEN, 0, 1000, &r);
    assert_true(r.alt_screen);
    assert_int_equal(r.screen.rows, 10);
    assert_string_equal(r.screen.text[0], "drawn more");
    assert_int_equal(r.next_cursor, shell_log.file.size);
    shell_reading_release(&r);
    print("\x1b[?1049lafter");
    expect(SHELL_PLAIN, inside, 1000, "after");
    read_at(SHELL_RAW, inside, 5, &r); /* up to before it is left */
    assert_true(r.alt_screen);
    shell_reading_release(&r);
}

/* What drew on the alternate screen is gone, and never left it: a note says where it was over. */
static void test_shell_read_alternate_screen_left_behind(void **state UNUSED)
{
    struct shell_reading r;
    uint64_t inside, after;

    print("$ vim\r\n\x1b[?1049h\x1b[Hdrawn");
    inside = shell_log.file.size;
    print(" more\x1b[?10"); /* killed in the middle of a sequence */
    shell_log_alternate(&shell_log, false);
    after = shell_log.file.size;
    print("\x1b[mKilled\r\n$ ");
    expect(SHELL_PLAIN, 0, 1000, "$ vim\nKilled\n$ ");
    expect(SHELL_PLAIN, inside, 1000, "Killed\n$ ");
    expect(SHELL_PLAIN, after, 1000, "Killed\n$ ");
    expect(SHELL_PLAIN, shell_log.file.size, 1000, "");
    read_at(SHELL_PLAIN, inside, 3, &r);
    assert_true(r.alt_screen);
    shell_reading_release(&r);
    read_at(SHELL_SCREEN, 0, 1000, &r);
    assert_false(r.alt_screen);
    assert_string_equal(r.screen.text[0], "$ vim");
    assert_string_equal(r.screen.text[1], "Killed");
    assert_string_equal(r.screen.text[2], "$");
    shell_reading_release(&r);
    print("ls\r\n");
    expect(SHELL_PLAIN, shell_log.file.size - 4, 1000, "ls\n");
}

static void test_shell_read_of_an_endless_string(void **state UNUSED)
{
    const size_t piece = 1 << 20;
    scoped_free char *filler = malloc(piece);
    struct shell_reading r;
    uint64_t inside, end_of_text;

    assert_non_null(filler);
    memset(filler, 'x', piece);
    print("text\x1b]0;");
    for (int i = 0; i < 100; i++) /* more than the log keeps */
        print_bytes(filler, piece);
    inside = shell_log.file.size;
    assert_int_equal(expect(SHELL_PLAIN, inside - 1000, 65536, ""), inside);
    read_at(SHELL_PLAIN, 0, 65536, &r);
    assert_int_equal(r.dropped_bytes, record.first);
    assert_true(r.truncated);
    assert_int_equal(r.output.len, 0);
    shell_reading_release(&r);
    print("\x1b\\shown\r\n");
    end_of_text = shell_log.file.size;
    assert_int_equal(expect(SHELL_PLAIN, inside - 1000, 65536, "shown\n"), end_of_text);
    assert_int_equal(expect(SHELL_PLAIN, inside, 65536, "shown\n"), end_of_text);
    assert_int_equal(expect(SHELL_PLAIN, inside + 2, 65536, "shown\n"), end_of_text);
}

static void test_shell_read_skips_what_was_dropped(void **state UNUSED)
{
    const size_t piece = 1 << 20;
    scoped_free char *filler = malloc(piece);
    struct shell_reading r;
    struct stat st;

    assert_non_null(filler);
    memset(filler, 'y', piece);
    for (int i = 0; i < 70; i++)
        print_bytes(filler, piece);
    assert_int_equal(record.first, 2 * LOG_STEP_BYTES);
    assert_int_equal(fstat(shell_log.file.fd, &st), 0);
    assert_true((int64_t)st.st_blocks * 512 <= LOG_BYTES_MAX + LOG_STEP_BYTES);
    read_at(SHELL_RAW, 100, 10, &r);
    assert_int_equal(r.dropped_bytes, record.first - 100);
    assert_string_equal(r.output.data, "yyyyyyyyyy");
    assert_int_equal(r.next_cursor, record.first + 10);
    shell_reading_release(&r);
    read_at(SHELL_RAW, record.first, 10, &r);
    assert_int_equal(r.dropped_bytes, 0);
    shell_reading_release(&r);
}

static void test_shell_read_as_json(void **state UNUSED)
{
    struct shell_read_spec spec = { .max_chars = 100 };
    scoped_json json_t *view = NULL;
    struct shell_reading r;

    print_bytes("a\0b\xff", 4);
    read_at(SHELL_RAW, 0, 100, &r);
    assert_int_equal(r.output.len, 4);
    view = shell_reading_to_view(&r, &spec);
    assert_string_equal(json_string_or(view, "output", ""), "a\xef\xbf\xbd"
                                                            "b\xef\xbf\xbd");
    assert_true(json_is_null(json_object_get(view, "at_prompt")));
    assert_true(json_is_null(json_object_get(view, "screen")));
    assert_true(json_is_null(json_object_get(view, "wait_for_idle_ms")));
    shell_reading_release(&r);
}

/* ---- waiting ---- */

static int64_t wait_ms(struct shell_read_spec spec)
{
    struct pyro_error err = { 0 };
    int64_t before = clock_ms();
    struct shell_wait_answer answer;

    if (!spec.max_chars)
        spec.max_chars = 1000000;
    if (!wait_for_shell(&spec, &answer, &err))
        fail_msg("%s", err.message);
    return clock_ms() - before;
}

/* A writer in a process of its own, with a pause before each step. */
static pid_t writer(void (*step)(void), int steps, long pause_ms)
{
    struct timespec pause = { .tv_nsec = pause_ms * 1000000 };
    pid_t pid = fork();

    if (pid)
        return pid;
    for (int i = 0; i < steps; i++) {
        nanosleep(&pause, NULL);
        step();
    }
    _exit(0);
}

static void print_dot(void)
{
    print(".");
}

static void test_shell_wait_until_idle(void **state UNUSED)
{
    pid_t pid = writer(print_dot, 5, 60);
    int64_t took = wait_ms((struct shell_read_spec){ .wait_for_idle_ms = 3000 });

    /* Counted from the last of five dots; long, for the writer may be kept waiting between two. */
    assert_true(took >= 5 * 60 + 3000 - 10);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    expect(SHELL_RAW, 0, 100, ".....");
}

static void test_shell_wait_ends_with_the_shell(void **state UNUSED)
{
    pid_t pid = writer(end, 1, 50);
    int64_t took = wait_ms((struct shell_read_spec){ .wait_for_idle_ms = 60000 });

    assert_true(took < 20000);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    /* It has ended: no wait at all. */
    assert_true(wait_ms((struct shell_read_spec){ .wait_for_idle_ms = 60000 }) < 20000);
}

static void test_shell_wait_is_over_in_time(void **state UNUSED)
{
    int64_t took =
        wait_ms((struct shell_read_spec){ .wait_for_idle_ms = 60000, .max_wait_ms = 100 });

    assert_true(took >= 100 && took < 20000);
}

static void test_shell_wait_ends_when_enough_is_there(void **state UNUSED)
{
    print("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
    assert_true(wait_ms((struct shell_read_spec){ .wait_for_idle_ms = 60000, .max_chars = 3 }) <
                20000);
    assert_true(wait_ms((struct shell_read_spec){
                    .wait_for_idle_ms = 60000, .max_wait_ms = 100, .max_chars = 4 }) >= 100);
}

static void drop_head(void)
{
    (void)!fallocate(shell_log.file.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
}

static void test_shell_wait_takes_only_growth_for_output(void **state UNUSED)
{
    scoped_free char *filler = calloc(1, 65536);
    int64_t took;
    pid_t pid;

    print_bytes(filler, 65536);
    pid = writer(drop_head, INT_MAX, 20);
    took = wait_ms((struct shell_read_spec){ .wait_for_idle_ms = 200, .max_wait_ms = 20000 });
    assert_true(took < 20000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
#define T(NAME) cmocka_unit_test_setup_teardown(NAME, open_log, close_log)
    const struct CMUnitTest tests[] = {
        T(test_shell_read_from_any_cursor),
        T(test_shell_read_counts_characters),
        T(test_shell_read_holds_back_what_is_unfinished),
        T(test_shell_read_in_pieces_equals_the_whole),
        T(test_shell_read_what_changed),
        T(test_shell_read_what_changed_far_behind),
        T(test_shell_read_hides_before_it_compares),
        T(test_shell_read_beyond_the_end),
        T(test_shell_read_at_the_size_in_force),
        T(test_shell_read_knows_the_alternate_screen),
        T(test_shell_read_alternate_screen_left_behind),
        T(test_shell_read_of_an_endless_string),
        T(test_shell_read_skips_what_was_dropped),
        T(test_shell_read_as_json),
        T(test_shell_wait_until_idle),
        T(test_shell_wait_ends_with_the_shell),
        T(test_shell_wait_is_over_in_time),
        T(test_shell_wait_ends_when_enough_is_there),
        T(test_shell_wait_takes_only_growth_for_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
