/* The history of commands: entries, outputs' heads, and what a killed supervisor leaves. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/workspace/commands.h"
#include "vmm/base/fs.h"

static int make_dir(char *path)
{
    int dir;

    assert_non_null(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(dir, "commands", 0700), 0);
    return dir;
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

static void test_commands_list_is_in_order_and_leaves_out_running(void **state UNUSED)
{
    char path[] = "/tmp/pyro-commands-XXXXXX";
    scoped_close int dir = make_dir(path);
    scoped_json json_t *command = json_pack("[s, s]", "echo", "a b"), *list = NULL;
    struct capture out, errors;

    capture_init(&out);
    capture_init(&errors);
    capture_add(&out, "\xff\0ok", 4);
    for (int i = 12; i > 0; i--) {
        struct command_entry e = {
            .sequence = i, .command = command, .cwd = "/", .recorded_at = i
        };
        assert_true(command_begin(dir, &e, NULL));
        if (i != 5)
            assert_true(command_end(dir, &e, &out, &errors, i, false, 3, NULL, NULL));
    }
    list = commands_list(dir, NULL);
    assert_int_equal(json_array_size(list), 11);
    for (size_t i = 0; i < 11; i++) {
        const json_t *entry = json_array_get(list, i);
        assert_int_equal(json_int_or(entry, "sequence", 0), i < 4 ? i + 1 : i + 2);
        assert_string_equal(json_string_or(entry, "stdout", ""), "\xef\xbf\xbd\xef\xbf\xbdok");
    }
    capture_release(&out);
    capture_release(&errors);
    fs_discard_tree(AT_FDCWD, path);
}

static void test_commands_settle_ends_what_was_cut_short(void **state UNUSED)
{
    char path[] = "/tmp/pyro-commands-XXXXXX";
    scoped_close int dir = make_dir(path);
    scoped_json json_t *command = json_pack("[s]", "sleep"), *list = NULL;
    struct command_entry e = { .sequence = 3, .command = command, .cwd = "/", .recorded_at = 1 };

    assert_true(command_begin(dir, &e, NULL));
    assert_int_equal(commands_settle(dir, "it was killed"), 3);
    list = commands_list(dir, NULL);
    assert_int_equal(json_array_size(list), 1);
    assert_int_equal(json_int_or(json_array_get(list, 0), "exit_code", 0), 125);
    assert_string_equal(json_string_or(json_array_get(list, 0), "error", ""), "it was killed");
    assert_int_equal(commands_settle(dir, "again"), 3);
    fs_discard_tree(AT_FDCWD, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_keeps_the_head_and_counts_all),
        cmocka_unit_test(test_commands_list_is_in_order_and_leaves_out_running),
        cmocka_unit_test(test_commands_settle_ends_what_was_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
