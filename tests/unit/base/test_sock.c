/* tests/unit/base/test_sock.c: sockets in deep directories, stale ones, descriptors passed along.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

static char path[512];
static int dir = -1;

static int set_up(void **state UNUSED)
{
    size_t n;

    snprintf(path, sizeof(path), "/tmp/pyro-sock-XXXXXX");
    if (!mkdtemp(path))
        return -1;
    n = strlen(path);
    memset(path + n, 'd', 200); /* deeper than sun_path is long */
    path[n] = '/';
    path[n + 200] = '\0';
    if (mkdir(path, 0700) != 0)
        return -1;
    dir = fs_open_dir(AT_FDCWD, path, NULL);
    path[n] = '\0';
    return dir < 0 ? -1 : 0;
}

static int tear_down(void **state UNUSED)
{
    close(dir);
    return fs_remove_tree(AT_FDCWD, path, NULL) ? 0 : -1;
}

static void test_listen_connect_accept(void **state UNUSED)
{
    int server = sock_listen_at(dir, "s", NULL), client, accepted;
    struct stat st;
    char c;

    assert_true(server >= 0);
    assert_int_equal(fstatat(dir, "s", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sock_accept_own(server), -1); /* nobody yet, and does not block */
    client = sock_connect_at(dir, "s", NULL);
    assert_true(client >= 0);
    accepted = sock_accept_own(server);
    assert_true(accepted >= 0);
    assert_true(fcntl(accepted, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(client, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(read(accepted, &c, 1), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(write(client, "x", 1), 1);
    assert_int_equal(read(accepted, &c, 1), 1);
    close(accepted);
    close(client);
    close(server);
}

static void test_nobody_listens(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    int server, again, client;

    assert_int_equal(sock_connect_at(dir, "s", &err), -1);
    assert_int_equal(err.sys_errno, ENOENT);
    server = sock_listen_at(dir, "s", NULL);
    close(server);
    assert_int_equal(sock_connect_at(dir, "s", &err), -1);
    assert_int_equal(err.sys_errno, ECONNREFUSED);
    again = sock_listen_at(dir, "s", &err); /* takes the stale one's place */
    assert_true(again >= 0);
    client = sock_connect_at(dir, "s", &err);
    assert_true(client >= 0);
    close(client);
    close(again);
}

static void test_name_too_long(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    char name[200];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(sock_listen_at(dir, name, &err), -1);
    assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
    assert_int_equal(sock_connect_at(dir, name, &err), -1);
}

static void test_send_fd(void **state UNUSED)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char text[8] = "", back;
    struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
    struct msghdr m = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control.room,
                        .msg_controllen = sizeof(control.room) };
    struct cmsghdr *header;
    int pair[2], ends[2], got;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pipe(ends), 0);
    assert_true(sock_send_fd(pair[0], "hello", 5, ends[1], NULL));
    assert_int_equal(recvmsg(pair[1], &m, 0), 5);
    assert_memory_equal(text, "hello", 5);
    header = CMSG_FIRSTHDR(&m);
    assert_non_null(header);
    if (!header)
        return;
    memcpy(&got, CMSG_DATA(header), sizeof(got));
    assert_int_equal(write(got, "!", 1), 1);
    assert_int_equal(read(ends[0], &back, 1), 1);
    assert_int_equal(back, '!');
    close(got), close(ends[0]), close(ends[1]), close(pair[0]), close(pair[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_listen_connect_accept),
        TEST(test_nobody_listens),
        TEST(test_name_too_long),
        TEST(test_send_fd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
