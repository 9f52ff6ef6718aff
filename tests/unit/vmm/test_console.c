/* The console's file never passes its cap, whatever a guest writes. */
#include "vmm/console.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"

static char dir[64];
static int test_fd;

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/pyro-console.XXXXXX");
    assert_non_null(mkdtemp(dir));
    test_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return test_fd < 0;
}

static int tear_down(void **state)
{
    struct pyro_error err;

    (void)state;
    close(test_fd);
    assert_true(fs_remove_tree(AT_FDCWD, dir, &err));
    return 0;
}

static off_t size_of(const char *name)
{
    struct stat st;

    return fstatat(test_fd, name, &st, 0) == 0 ? st.st_size : -1;
}

/* Writes to the guest's end and lets the loop drain it. */
static void guest_writes(struct loop *loop, int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    loop_run_once(loop, 5000);
}

static void test_console_keeps_what_comes(void **state)
{
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);
    scoped_buf text = BUF_INIT(4096);
    struct console *console;
    int fds[2];

    (void)state;
    for (int i = 0; i < 2; i++) { /* the second supervisor goes on where the first ended */
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        console = console_new(loop, fds[0], test_fd, "console.log", &err);
        assert_non_null(console);
        guest_writes(loop, fds[1], i ? "second" : "first ");
        close(fds[1]);
        loop_run_once(loop, 5000); /* its end is not the supervisor's */
        console_free(console);
    }
    assert_true(fs_read_file(test_fd, "console.log", &text, &err));
    assert_string_equal(text.data, "first second");
    loop_free(loop);
}

static void test_console_is_capped(void **state)
{
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);
    struct console *console;
    char chunk[10001];
    int fds[2];

    (void)state;
    memset(chunk, 'x', sizeof(chunk) - 1);
    chunk[sizeof(chunk) - 1] = '\0';
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    console = console_new(loop, fds[0], test_fd, "console.log", &err);
    assert_non_null(console);
    for (size_t total = 0; total < 5 * CONSOLE_BYTES_MAX; total += sizeof(chunk) - 1) {
        guest_writes(loop, fds[1], chunk);
        assert_true(size_of("console.log") <= CONSOLE_BYTES_MAX);
    }
    assert_true(size_of("console.log.1") <= CONSOLE_BYTES_MAX);
    assert_true(size_of("console.log.1") > CONSOLE_BYTES_MAX / 2);
    assert_int_equal(size_of("console.log.2"), -1);
    console_free(console);
    close(fds[1]);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_console_keeps_what_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_console_is_capped, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
