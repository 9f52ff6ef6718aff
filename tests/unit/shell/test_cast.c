/* Recordings: the log's bytes, cut at marks and resizes, never inside a character. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/shell/cast.h"
#include "engine/state/shell_files.h"
#include "vmm/base/fs.h"

static int make_shell(char *path, const char *log, const char *events, const char *times)
{
    struct shell_record r = { .id = "sh1",
                              .cwd = (char *)(uintptr_t)"/",
                              .cols = 80,
                              .rows = 24,
                              .started_at = 1000,
                              .exit_code = -1 };
    int dir;

    assert_non_null(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(dir, SHELLS_DIR, 0700), 0);
    assert_true(shell_record_save(dir, &r, NULL));
    assert_true(fs_replace(dir, SHELLS_DIR "/sh1.log", log, strlen(log), 0600, NULL));
    assert_true(fs_replace(dir, SHELLS_DIR "/sh1.events", events, strlen(events), 0600, NULL));
    assert_true(fs_replace(dir, SHELLS_DIR "/sh1.times", times, strlen(times), 0600, NULL));
    return dir;
}

static void test_shell_cast_cuts_at_marks_and_resizes(void **state UNUSED)
{
    static const char expected[] = "{\"version\":2,\"width\":120,\"height\":30,\"timestamp\":1000,"
                                   "\"env\":{\"TERM\":\"xterm-256color\"}}\n"
                                   "[0.5,\"o\",\"ab\"]\n"
                                   "[0.5,\"r\",\"80x24\"]\n"
                                   "[0.5,\"o\",\"c\"]\n"
                                   "[2.25,\"o\",\"\xc3\xa9!\xef\xbf\xbd\"]\n";
    char path[] = "/tmp/pyro-cast-XXXXXX", text[1024] = "";
    /* A mark inside the two bytes of a letter, a byte that is not UTF-8, a damaged event. */
    int dir = make_shell(path, "abc\xc3\xa9!\xff",
                         "{\"t\":1,\"offset\":0,\"type\":\"resize\",\"cols\":120,\"rows\":30}\n"
                         "garbage\n"
                         "{\"t\":1,\"offset\":2,\"type\":\"resize\",\"cols\":80,\"rows\":24}\n",
                         "0 500\n4 2250\n");
    scoped_close int out = memfd_create("cast", MFD_CLOEXEC);
    struct cast_result result;
    struct pyro_error err = { 0 };

    assert_true(shell_cast(dir, "sh1", out, &result, &err));
    assert_true(pread(out, text, sizeof(text) - 1, 0) > 0);
    assert_string_equal(text, expected);
    assert_int_equal(result.events, 4);
    assert_int_equal(result.bytes_written, strlen(expected));
    assert_false(shell_cast(dir, "sh2", out, &result, &err));
    assert_int_equal(err.code, PYRO_SHELL_NOT_FOUND);
    close(dir);
    fs_discard_tree(AT_FDCWD, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shell_cast_cuts_at_marks_and_resizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
