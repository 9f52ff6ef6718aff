/* A timeline: entries in order whatever their file, bounded, whole after a crash, and what the guest
 * causes pushes nothing else out. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

static char dir_path[64];
static int dir_fd = -1;

static int make_dir(void **state UNUSED)
{
    snprintf(dir_path, sizeof(dir_path), "/tmp/test_timeline.XXXXXX");
    if (!mkdtemp(dir_path))
        return -1;
    dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0;
}

static int remove_dir(void **state UNUSED)
{
    close(dir_fd);
    fs_discard_tree(AT_FDCWD, dir_path);
    return 0;
}

static json_t *all_after(int64_t after)
{
    json_t *entries = timeline_read(dir_fd, after, 0, NULL);

    assert_non_null(entries);
    return entries;
}

static const char *text_at(const json_t *entries, size_t i)
{
    return json_string_or(json_array_get(entries, i), "text", "-");
}

static void add_text(enum timeline_event event, const char *text)
{
    timeline_add(dir_fd, TIMELINE_ENTRY(event, .id = "x", .text = text));
}

static void append(const char *name, const char *bytes, size_t n)
{
    scoped_close int fd = openat(dir_fd, name, O_WRONLY | O_APPEND | O_CREAT, 0600);

    assert_true(fd >= 0 && fs_write_all(fd, bytes, n, NULL));
}

static int64_t bytes_kept(void)
{
    static const char *const names[] = { "entries", "entries.old", "guest", "guest.old" };
    int64_t sum = 0;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        scoped_free char *name = str_printf(TIMELINE_DIR "/%s", names[i]);
        struct stat st;
        if (fstatat(dir_fd, name, &st, 0) == 0)
            sum += st.st_size;
    }
    return sum;
}

static void test_of_both_files_by_number(void **state UNUSED)
{
    json_t *entries;

    assert_int_equal(timeline_newest(dir_fd), 0);
    entries = all_after(0);
    assert_int_equal(json_array_size(entries), 0);
    json_decref(entries);
    add_text(TIMELINE_INPUT, "a");
    add_text(TIMELINE_ATTENTION, "b");
    add_text(TIMELINE_FILES, "c");
    assert_int_equal(timeline_newest(dir_fd), 3);
    entries = all_after(0);
    assert_int_equal(json_array_size(entries), 3);
    for (size_t i = 0; i < 3; i++) {
        const char wanted[2] = { (char)('a' + i), '\0' };
        assert_int_equal(timeline_number(json_array_get(entries, i)), i + 1);
        assert_string_equal(text_at(entries, i), wanted);
    }
    json_decref(entries);
    entries = all_after(2);
    assert_int_equal(json_array_size(entries), 1);
    assert_string_equal(text_at(entries, 0), "c");
    json_decref(entries);
    entries = timeline_read(dir_fd, 0, clock_wall() + 60, NULL);
    assert_int_equal(json_array_size(entries), 0);
    json_decref(entries);
}

static void test_bounded_and_the_guest_pushes_nothing_out(void **state UNUSED)
{
    char long_text[TIMELINE_TEXT_MAX + 1];
    json_t *entries;

    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    add_text(TIMELINE_INPUT, "mine");
    for (int i = 0; i < 3000; i++)
        add_text(TIMELINE_ATTENTION, long_text);
    assert_true(bytes_kept() < 1200 * 1024);
    for (int i = 0; i < 1500; i++)
        add_text(TIMELINE_FILES, long_text);
    entries = all_after(0);
    assert_string_equal(text_at(entries, 0), "mine");
    json_decref(entries);
    for (int i = 0; i < 6000; i++)
        add_text(TIMELINE_FILES, long_text);
    assert_true(bytes_kept() <= TIMELINE_BYTES_MAX);
    entries = all_after(0);
    assert_int_equal(timeline_number(json_array_get(entries, json_array_size(entries) - 1)), 10501);
    json_decref(entries);
}

static void test_a_line_that_a_crash_cut(void **state UNUSED)
{
    json_t *entries;

    add_text(TIMELINE_INPUT, "a");
    append(TIMELINE_DIR "/entries", "2 {\"event\":\"inp", 15);
    entries = all_after(0);
    assert_int_equal(json_array_size(entries), 1);
    json_decref(entries);
    add_text(TIMELINE_INPUT, "b");
    entries = all_after(0);
    assert_int_equal(json_array_size(entries), 2);
    assert_string_equal(text_at(entries, 1), "b");
    assert_int_equal(timeline_number(json_array_get(entries, 1)), 2);
    json_decref(entries);
}

static void test_unsound_lines_are_skipped(void **state UNUSED)
{
    static const char lines[] =
        "\n"
        "x\n"
        "7\n"
        "8 \n"
        "9 []\n"
        "10 {}\n"
        "11 {\"event\":\"flight\",\"time\":1}\n"
        "99999999999999999999 {\"event\":\"input\",\"time\":1}\n"
        "12 {\"event\":\"input\",\"time\":1,\"text\":7,\"secrets\":[1],\"more\":{}}\n";
    json_t *entries, *view;

    add_text(TIMELINE_INPUT, "a");
    append(TIMELINE_DIR "/entries", lines, sizeof(lines) - 1);
    entries = all_after(0);
    assert_int_equal(json_array_size(entries), 2);
    view = timeline_view(json_array_get(entries, 1));
    assert_true(json_is_null(json_object_get(view, "text")));
    assert_int_equal(json_array_size(json_object_get(view, "secrets")), 0);
    assert_null(json_object_get(view, "more"));
    assert_true(json_is_false(json_object_get(view, "hidden")));
    json_decref(view);
    json_decref(entries);
    add_text(TIMELINE_INPUT, "b");
    entries = all_after(0);
    assert_int_equal(timeline_number(json_array_get(entries, 2)), 13);
    json_decref(entries);
}

/* An entry of an event of a command. */
static void add_exec(enum timeline_event event, const char *id, int exit_code)
{
    timeline_add(dir_fd, TIMELINE_ENTRY(event, .id = id, .exit_code = exit_code, .duration_ms = 5));
}

static void test_a_command_that_ended_is_one_entry(void **state UNUSED)
{
    json_t *entries;

    add_exec(TIMELINE_EXEC_STARTED, "1", -1); /* cut by the reset */
    timeline_add(dir_fd, TIMELINE_ENTRY(TIMELINE_RESET));
    add_exec(TIMELINE_EXEC_STARTED, "1", -1);
    add_exec(TIMELINE_EXEC_STARTED, "2", -1);
    add_exec(TIMELINE_EXEC_ENDED, "1", 3);
    entries = all_after(0);
    timeline_settle(entries);
    assert_int_equal(json_array_size(entries), 4);
    assert_int_equal(timeline_event_of(json_array_get(entries, 0)), TIMELINE_EXEC_STARTED);
    assert_int_equal(timeline_event_of(json_array_get(entries, 1)), TIMELINE_RESET);
    assert_string_equal(json_string_or(json_array_get(entries, 2), "id", ""), "2");
    assert_int_equal(json_int_or(json_array_get(entries, 3), "exit_code", -1), 3);
    json_decref(entries);
}

static void test_texts_are_cut_and_commands_quoted(void **state UNUSED)
{
    scoped_json json_t *command = json_pack("[s, s, s, s]", "sh", "-c", "a b'c", "");
    char umlauts[3 * TIMELINE_TEXT_MAX];
    char escapes[TIMELINE_TEXT_MAX + 1];
    json_t *entries;
    size_t n;

    for (size_t i = 0; i + 2 < sizeof(umlauts); i += 2)
        memcpy(umlauts + i, "\xc3\xa4", 3);
    memset(escapes, 1, sizeof(escapes) - 1);
    escapes[sizeof(escapes) - 1] = '\0';
    timeline_add(dir_fd, TIMELINE_ENTRY(TIMELINE_EXEC_STARTED, .id = "1", .command = command));
    add_text(TIMELINE_INPUT, umlauts);
    add_text(TIMELINE_INPUT, escapes);
    entries = all_after(0);
    assert_int_equal(json_array_size(entries), 3);
    assert_string_equal(text_at(entries, 0), "sh -c 'a b'\\''c' ''");
    n = strlen(text_at(entries, 1));
    assert_true(n > TIMELINE_TEXT_MAX - 4 && n <= TIMELINE_TEXT_MAX + 3);
    json_decref(entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_DIR(TEST) cmocka_unit_test_setup_teardown(TEST, make_dir, remove_dir)
        WITH_DIR(test_of_both_files_by_number),
        WITH_DIR(test_bounded_and_the_guest_pushes_nothing_out),
        WITH_DIR(test_a_line_that_a_crash_cut),
        WITH_DIR(test_unsound_lines_are_skipped),
        WITH_DIR(test_a_command_that_ended_is_one_entry),
        WITH_DIR(test_texts_are_cut_and_commands_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
