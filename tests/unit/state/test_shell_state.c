/* engine/state/shell_state.c, shell_notes.c: what is known of any place of a log, with the states
 * that the supervisor's own writer left and without them; and how much is written beside a log. */
#include "tests/unit/shell_fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/shell_notes.h"
#include "vmm/base/fs.h"

static uint32_t seed;

static unsigned pick(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (unsigned)((uint64_t)(seed >> 8) * below >> 24);
}

static void open_again(void)
{
    struct pyro_error err = { 0 };

    if (!shell_log_open(&shell_log, dir_fd, &record, false, &err))
        fail_msg("%s", err.message);
}

/* What is stored of one of the files. */
static uint64_t stored(const char *suffix)
{
    scoped_free char *name = str_printf(SHELLS_DIR "/sh1.%s", suffix);
    struct stat st;

    assert_int_equal(fstatat(dir_fd, name, &st, 0), 0);
    return (uint64_t)st.st_blocks * 512;
}

static void load(uint64_t start, uint64_t end, struct shell_notes *ret)
{
    struct pyro_error err = { 0 };

    if (!shell_notes_load(dir_fd, "sh1", start, end, ret, &err))
        fail_msg("%s", err.message);
}

/* The states are only a short cut: without them everything is found as well, by reading it all. */
static void assert_same_without_states(uint64_t start, uint64_t end)
{
    struct shell_notes with, without;

    load(start, end, &with);
    assert_int_equal(renameat(dir_fd, SHELLS_DIR "/sh1.states", dir_fd, "away"), 0);
    load(start, end, &without);
    assert_int_equal(renameat(dir_fd, "away", dir_fd, SHELLS_DIR "/sh1.states"), 0);
    assert_int_equal(with.alt_screen, without.alt_screen);
    assert_int_equal(with.alt_at_end, without.alt_at_end);
    assert_int_equal(with.in_string, without.in_string);
    assert_int_equal(with.cols, without.cols);
    assert_int_equal(with.rows, without.rows);
    assert_int_equal(with.resize_count, without.resize_count);
    for (size_t i = 0; i < with.resize_count; i++) {
        assert_int_equal(with.resizes[i].offset, without.resizes[i].offset);
        assert_int_equal(with.resizes[i].cols, without.resizes[i].cols);
    }
    shell_notes_release(&with);
    shell_notes_release(&without);
}

static void cut_states(off_t size)
{
    scoped_close int fd = openat(dir_fd, SHELLS_DIR "/sh1.states", O_WRONLY | O_CLOEXEC);

    assert_int_equal(ftruncate(fd, size), 0);
}

static void print_something(void)
{
    static const char *const pieces[] = {
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\x1b[?47h",
        "\x1b"
        "c",
        "\x1b]0;",
        "\x1bPq",
        "\x1b\\",
        "\x07",
        "text\r\n",
        "\x1b[31",
        "m",
        "\x1b",
        "\xe2\x82\xac",
        "\x1b_x",
        "\x1b[?1049l",
        "\x1b[?1049h",
    };
    static char many[9000];
    unsigned n;

    if (!pick(9)) {
        n = pick(sizeof(many));
        memset(many, 'x', n);
        print_bytes(many, n);
    } else if (!pick(40)) {
        resize(20 + pick(100), 5 + pick(50));
    } else if (!pick(60)) {
        shell_log_alternate(&shell_log, pick(2));
    } else {
        print(pieces[pick(ARRAY_SIZE(pieces))]);
    }
}

static void test_states_change_nothing(void **state UNUSED)
{
    for (unsigned round = 0; round < 12; round++) {
        seed = round;
        for (unsigned i = 0; i < 400; i++)
            print_something();
        for (unsigned i = 0; i < 60; i++) {
            uint64_t start = pick((unsigned)shell_log.file.size + 1);
            assert_same_without_states(start, start + pick(200000));
        }
        assert_same_without_states(shell_log.file.size, shell_log.file.size);
        shell_log_close(&shell_log);
        if (round % 3 == 1) /* the writer was killed before it wrote the last ones */
            cut_states(64 * (off_t)(1 + pick((unsigned)(shell_log.file.size >> 16))));
        open_again();
    }
}

static void test_alternation_is_not_written_down(void **state UNUSED)
{
    static char toggles[1 << 20];
    uint64_t before = shell_log.file.events.size;
    struct shell_notes notes;

    for (size_t at = 0; at + 16 <= sizeof(toggles); at += 16)
        memcpy(toggles + at, "\x1b[?1049h\x1b[?1049l", 16);
    print_bytes(toggles, sizeof(toggles));
    assert_int_equal(shell_log.file.events.size, before);
    assert_true(stored("states") <= 4096);
    load(sizeof(toggles) - 8, sizeof(toggles), &notes);
    assert_true(notes.alt_screen);
    assert_false(notes.alt_at_end);
    shell_notes_release(&notes);
}

/* An agent may say as often as it likes that it has another size, and who writes may change. */
static void test_a_flood_of_notes_has_a_bound(void **state UNUSED)
{
    struct shell_notes notes;

    print("text");
    for (int i = 0; i < 20000; i++) {
        resize(20 + i % 100, 20);
        guest_log_event(&shell_log.file, "input", shell_log.file.size, NULL);
    }
    assert_true(shell_log.file.events.size <= LOG_EVENTS_SPARE);
    guest_log_event(&shell_log.file, LOG_EVENT_END, shell_log.file.size, NULL);
    assert_true(shell_log.file.events.size > LOG_EVENTS_SPARE - 100);
    assert_same_without_states(2, 4);
    load(2, 4, &notes);
    assert_int_equal(notes.cols, 40);
    shell_notes_release(&notes);
}

/* When the log's head goes, what was noted for it goes too; what is in force stays known. */
static void test_notes_go_with_the_head(void **state UNUSED)
{
    static char block[1 << 20];
    struct shell_notes notes;

    memset(block, '.', sizeof(block));
    resize(77, 7);
    print("\x1b[?1049h");
    for (int i = 0; i < 70; i++) {
        print_bytes(block, sizeof(block));
        for (int k = 0; k < 600; k++)
            guest_log_event(&shell_log.file, "input", shell_log.file.size, NULL);
    }
    assert_true(record.first > 0);
    assert_true(shell_log.file.events.size > stored("events"));
    assert_true(stored("events") <= LOG_EVENTS_SPARE + LOG_BYTES_MAX / LINE_FILE_SHARE);
    assert_true(stored("states") <= 128 * 1024);
    load(record.first, shell_log.file.size, &notes);
    assert_true(notes.alt_screen && notes.alt_at_end);
    assert_int_equal(notes.cols, 77);
    shell_notes_release(&notes);
    shell_log_close(&shell_log);
    open_again();
    assert_true(shell_log.track.alternate);
    assert_int_equal(shell_log.state.cols, 77);
}

int main(void)
{
#define T(NAME) cmocka_unit_test_setup_teardown(NAME, open_log, close_log)
    const struct CMUnitTest tests[] = {
        T(test_states_change_nothing),
        T(test_alternation_is_not_written_down),
        T(test_a_flood_of_notes_has_a_bound),
        T(test_notes_go_with_the_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
