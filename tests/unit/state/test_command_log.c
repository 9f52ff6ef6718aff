/* The log of a detached command: whose bytes are whose, from any cursor, and its cap. */
#include "engine/state/command_log.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define CAP (1024 * 1024)

static int make_workspace(char *path)
{
    int dir;

    assert_non_null(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(dir, "commands", 0700), 0);
    return dir;
}

static void add(struct command_log *log, bool is_error, const char *text)
{
    assert_int_equal(command_log_add(log, is_error, text, strlen(text)), strlen(text));
}

/* Standard error's stretches in brackets. */
static bool show(void *arg, bool is_error, const char *bytes, size_t n,
                 struct pyro_error *err UNUSED)
{
    return buf_printf(arg, is_error ? "[%.*s]" : "%.*s|", (int)n, bytes);
}

static void test_command_log_parts(void **state UNUSED)
{
    static const struct {
        uint64_t cursor;
        size_t n;
        const char *shown;
    } cases[] = {
        { 0, 100, "one two |[bad]three|[worse]" },
        { 0, 8, "one two |" },
        { 3, 6, " two |[b]" },
        { 8, 3, "[bad]" },
        { 9, 4, "[ad]th|" },
        { 16, 100, "[worse]" },
        { 21, 100, "" },
    };
    char path[] = "/tmp/pyro-command-log-XXXXXX";
    scoped_close int dir = make_workspace(path);
    struct command_log log;

    assert_true(command_log_make(&log, dir, 7, NULL));
    add(&log, false, "one ");
    add(&log, false, "two ");
    add(&log, true, "bad");
    add(&log, false, "three");
    add(&log, true, "worse");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_buf shown = BUF_INIT(4096);
        struct command_part part;
        bool exists;

        assert_true(command_log_read(dir, 7, cases[i].cursor, cases[i].n, &part, &exists, NULL));
        assert_true(exists);
        assert_int_equal(part.size, 21);
        assert_int_equal(part.start, cases[i].cursor);
        assert_true(command_part_each(&part, part.text.len, show, &shown, NULL));
        assert_string_equal(shown.len ? shown.data : "", cases[i].shown);
        command_part_release(&part);
    }
    assert_int_equal(command_log_size(dir, 7), 21);
    command_log_close(&log);
    command_log_remove(dir, 7);
    assert_int_equal(command_log_size(dir, 7), 0);
    assert_int_equal(command_log_stored(dir, 7), 0);
    fs_discard_tree(AT_FDCWD, path);
}

static void test_command_log_that_is_not_there(void **state UNUSED)
{
    char path[] = "/tmp/pyro-command-log-XXXXXX";
    scoped_close int dir = make_workspace(path);
    struct command_part part;
    bool exists = true;

    assert_true(command_log_read(dir, 1, 0, 10, &part, &exists, NULL));
    assert_false(exists);
    command_part_release(&part);
    fs_discard_tree(AT_FDCWD, path);
}

/* Beyond its cap the head goes: of the bytes, and of what says whose they are. */
static void flood(size_t stretch, uint64_t total)
{
    static char block[64 * 1024];
    char path[] = "/tmp/pyro-command-log-XXXXXX";
    scoped_close int dir = make_workspace(path);
    scoped_buf shown = BUF_INIT(4096);
    struct command_log log;
    struct command_part part;
    bool exists;

    memset(block, 'x', sizeof(block));
    assert_true(command_log_make(&log, dir, 1, NULL));
    log.max = CAP;
    for (uint64_t i = 0; log.size < total; i++) {
        assert_int_equal(command_log_add(&log, i & 1, block, stretch), stretch);
        assert_true(command_log_kept(&log) <= CAP + CAP / 16);
    }
    assert_true(log.first > 0);
    assert_true(command_log_stored(dir, 1) <= CAP + CAP / 8);
    add(&log, false, "last");
    assert_true(command_log_read(dir, 1, 0, 16, &part, &exists, NULL));
    assert_int_equal(part.start, log.first);
    assert_int_equal(part.text.len, 16);
    command_part_release(&part);
    assert_true(command_log_read(dir, 1, log.size - 6, 16, &part, &exists, NULL));
    assert_true(command_part_each(&part, part.text.len, show, &shown, NULL));
    assert_non_null(strstr(shown.data, "last|"));
    command_part_release(&part);
    command_log_close(&log);
    fs_discard_tree(AT_FDCWD, path);
}

static void test_command_log_keeps_the_last(void **state UNUSED)
{
    flood(64 * 1024 - 1, 3 * CAP);
}

static void test_command_log_of_short_stretches(void **state UNUSED)
{
    flood(3, CAP);
}

/* A disk that is full, and then is not. */
static void test_command_log_add_without_room(void **state UNUSED)
{
    char path[] = "/tmp/pyro-command-log-XXXXXX";
    scoped_close int dir = make_workspace(path);
    scoped_buf shown = BUF_INIT(4096);
    struct command_log log;
    struct command_part part;
    bool exists;
    int kept;

    assert_true(command_log_make(&log, dir, 1, NULL));
    add(&log, false, "before");
    kept = log.fd;
    log.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(command_log_add(&log, true, "lost", 4), 0);
    close(log.fd);
    log.fd = kept;
    add(&log, true, "bad");
    add(&log, false, "after");
    assert_true(command_log_read(dir, 1, 0, 100, &part, &exists, NULL));
    assert_true(command_part_each(&part, part.text.len, show, &shown, NULL));
    assert_string_equal(shown.data, "before|[bad]after|");
    command_part_release(&part);
    command_log_close(&log);
    fs_discard_tree(AT_FDCWD, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_log_parts),
        cmocka_unit_test(test_command_log_that_is_not_there),
        cmocka_unit_test(test_command_log_keeps_the_last),
        cmocka_unit_test(test_command_log_of_short_stretches),
        cmocka_unit_test(test_command_log_add_without_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
