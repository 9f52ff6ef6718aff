/* The history of commands: entries, outputs' heads, and what a killed supervisor leaves. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/cmd/check.h"
#include "engine/state/commands.h"
#include "vmm/base/fs.h"

static int make_workspace(char *path)
{
    int dir;

    assert_non_null(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(dir, "commands", 0700), 0);
    return dir;
}

/* Writes the end of a command that printed this and exited with that. */
static bool end(struct command_history *h, const struct command_entry *e,
                const struct capture *output, int exit_code)
{
    const struct command_outcome how = { .outputs = { output },
                                         .exit_code = exit_code,
                                         .duration_ms = 3 };
    scoped_json json_t *entry = command_ended(e, &how);

    return command_write(h, entry, NULL);
}

static void test_capture_keeps_the_head_and_counts_all(void **state UNUSED)
{
    static char block[300 * 1024];
    scoped_json json_t *j = json_object();
    struct capture c;

    memset(block, 'x', sizeof(block));
    capture_init(&c);
    for (int i = 0; i < 5; i++)
        capture_add(&c, block, sizeof(block));
    capture_to_json(&c, "stdout", j);
    assert_int_equal(json_int_or(j, "stdout_bytes", 0), 5 * sizeof(block));
    assert_int_equal(strlen(json_string_or(j, "stdout", "")), COMMAND_OUTPUT_MAX);
    assert_true(json_bool_or(j, "stdout_truncated", false));
    capture_release(&c);
}

static void test_commands_are_in_order(void **state UNUSED)
{
    char path[] = "/tmp/pyro-commands-XXXXXX";
    scoped_close int dir = make_workspace(path);
    scoped_json json_t *command = json_pack("[s, s]", "echo", "a b");
    struct command_history history;
    struct capture out;
    scoped_free int64_t *list = NULL;
    size_t count, given = 0;

    command_history_open(&history, dir, "");
    capture_init(&out);
    capture_add(&out, "\xff\0ok", 4);
    for (int i = 12; i > 0; i--) {
        struct command_entry e = {
            .sequence = i, .command = command, .cwd = "/", .recorded_at = i
        };
        assert_true(command_begin(&history, &e, NULL));
        if (i != 5)
            assert_true(end(&history, &e, &out, i));
    }
    list = commands_sequences(dir, &count, NULL);
    assert_int_equal(count, 12);
    for (size_t i = 0; i < count; i++) {
        scoped_json json_t *entry = command_read(dir, list[i]);
        assert_int_equal(list[i], i + 1);
        assert_int_equal(json_int_or(entry, "sequence", 0), i + 1);
        if (json_bool_or(entry, "running", false))
            continue;
        assert_string_equal(json_string_or(entry, "stdout", ""), "\xef\xbf\xbd\xef\xbf\xbdok");
        given++;
    }
    assert_int_equal(given, 11);
    capture_release(&out);
    fs_discard_tree(AT_FDCWD, path);
}

static void test_opening_ends_what_was_cut_short(void **state UNUSED)
{
    char path[] = "/tmp/pyro-commands-XXXXXX";
    scoped_close int dir = make_workspace(path);
    scoped_json json_t *command = json_pack("[s]", "sleep"), *entry = NULL;
    struct command_entry e = { .sequence = 3, .command = command, .cwd = "/", .recorded_at = 1 };
    struct command_history history;

    assert_int_equal(command_history_open(&history, dir, "none"), 0);
    assert_true(command_begin(&history, &e, NULL));
    assert_int_equal(command_history_open(&history, dir, "it was killed"), 3);
    entry = command_read(dir, 3);
    assert_int_equal(json_int_or(entry, "exit_code", 0), 125);
    assert_string_equal(json_string_or(entry, "error", ""), "it was killed");
    assert_int_equal(command_history_open(&history, dir, "again"), 3);
    fs_discard_tree(AT_FDCWD, path);
}

static int64_t bytes_of_all(int dir, int64_t *ret_first)
{
    size_t count = 0;
    scoped_free int64_t *list = commands_sequences(dir, &count, NULL);
    int64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        char name[64];
        struct stat st;
        snprintf(name, sizeof(name), "commands/%06d.json", (int)list[i]);
        assert_int_equal(fstatat(dir, name, &st, 0), 0);
        bytes += st.st_blocks * 512;
    }
    *ret_first = count ? list[0] : 0;
    return bytes;
}

/* The oldest go, no matter who wrote them; the newest stays, however large it is. */
static void test_all_entries_have_a_budget(void **state UNUSED)
{
    static char block[10000];
    char path[] = "/tmp/pyro-commands-XXXXXX";
    scoped_close int dir = make_workspace(path);
    scoped_json json_t *command = json_pack("[s]", "true");
    struct command_history history;
    struct capture out;
    int64_t first;

    memset(block, 'x', sizeof(block));
    capture_init(&out);
    capture_add(&out, block, sizeof(block));
    command_history_open(&history, dir, "");
    history.max = 200000;
    for (int i = 1; i <= 60; i++) {
        struct command_entry e = { .sequence = i, .command = command, .cwd = "/" };
        assert_true(command_begin(&history, &e, NULL));
        if (i != 30) /* it still runs when its turn to go comes */
            assert_true(end(&history, &e, &out, 0));
        assert_true(bytes_of_all(dir, &first) <= 200000);
    }
    assert_int_equal(first, 30); /* what runs stays */
    assert_true(command_is_running(dir, 30, false));
    struct command_entry late = { .sequence = 30, .command = command, .cwd = "/" };
    assert_true(end(&history, &late, &out, 0));
    assert_false(command_is_running(dir, 30, false));
    struct command_entry next = { .sequence = 61, .command = command, .cwd = "/" };
    assert_true(command_begin(&history, &next, NULL));
    assert_true(end(&history, &next, &out, 0));
    assert_true(bytes_of_all(dir, &first) <= 200000);
    assert_true(first > 40);
    /* Another supervisor finds the same. */
    int64_t bytes = history.bytes;
    command_history_open(&history, dir, "");
    assert_int_equal(history.bytes, bytes);
    assert_int_equal(history.oldest, first);
    history.max = 1;
    assert_true(command_begin(&history, &next, NULL));
    bytes_of_all(dir, &first);
    assert_int_equal(first, 61);
    capture_release(&out);
    fs_discard_tree(AT_FDCWD, path);
}

/* However many came after it, one that was running is found and ended, with what its log has. */
static void test_what_ran_is_found_among_many(void **state UNUSED)
{
    char path[] = "/tmp/pyro-commands-XXXXXX";
    scoped_close int dir = make_workspace(path);
    scoped_json json_t *command = json_pack("[s]", "true"), *entry = NULL;
    struct command_history history;
    struct command_log log;

    command_history_open(&history, dir, "");
    for (int i = 1; i <= 2 + COMMANDS_RUNNING_MAX; i++) {
        struct command_entry e = { .sequence = i, .command = command, .cwd = "/" };
        assert_true(command_begin(&history, &e, NULL));
        if (i > 1)
            assert_true(end(&history, &e, NULL, 0));
    }
    assert_true(command_log_make(&log, dir, 1, NULL));
    assert_int_equal(command_print(&history, &log, false, "out", 3), 3);
    assert_int_equal(command_print(&history, &log, true, "bad", 3), 3);
    command_log_close(&log);
    command_history_open(&history, dir, "it was killed");
    entry = command_read(dir, 1);
    assert_string_equal(json_string_or(entry, "error", ""), "it was killed");
    assert_string_equal(json_string_or(entry, "stdout", ""), "out");
    assert_string_equal(json_string_or(entry, "stderr", ""), "bad");
    assert_false(command_is_running(dir, 1, false));
    fs_discard_tree(AT_FDCWD, path);
}

/* A file as a damaged disk or another version leaves it: what is shown has all its members. */
static void test_command_read_gives_what_is_sound(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool is_read;
    } cases[] = {
        { "", false },
        { "[]", false },
        { "{\"sequence\": 1}", false },
        { "{\"sequence\": 0, \"command\": [\"a\"]}", false },
        { "{\"sequence\": 1, \"command\": [1]}", false },
        { "{\"sequence\": 1, \"command\": [\"a\"]}", true },
        { "{\"sequence\": 1, \"command\": [\"a\"], \"stdout\": 7, \"exit_code\": \"0\", "
          "\"execution_mode\": \"other\", \"later\": 1}",
          true },
    };
    char path[] = "/tmp/pyro-commands-XXXXXX";
    scoped_close int dir = make_workspace(path);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_json json_t *entry = NULL;
        struct pyro_error err = { 0 };
        assert_true(fs_replace(dir, "commands/000001.json", cases[i].text, strlen(cases[i].text),
                               0600, NULL));
        entry = command_read(dir, 1);
        assert_int_equal(entry != NULL, cases[i].is_read);
        if (entry && !check_result(command_rows, entry, &err))
            fail_msg("%s: %s", cases[i].text, err.message);
    }
    fs_discard_tree(AT_FDCWD, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_read_gives_what_is_sound),
        cmocka_unit_test(test_capture_keeps_the_head_and_counts_all),
        cmocka_unit_test(test_commands_are_in_order),
        cmocka_unit_test(test_opening_ends_what_was_cut_short),
        cmocka_unit_test(test_all_entries_have_a_budget),
        cmocka_unit_test(test_what_ran_is_found_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
