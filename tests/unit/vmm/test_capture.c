/* The pages that a process has for itself: of a child that maps a memfd as QEMU does. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/capture.h"
#include "vmm/ram.h"
#include "vmm/ram_copy.h"

#define PAGES 2048
#define SIZE (PAGES * RAM_PAGE_BYTES)
#define CAPTURE_MS 60000

static const unsigned written[] = { 0, 3, 255, 256, 257, 1000, PAGES - 1 };

#define BLOCK 16 /* pages */

/* Maps it, with anonymous memory over its second half, and writes here and there. */
static void become_machine(int fd, int told)
{
    char *ram = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    mmap(ram + SIZE / 2, SIZE / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
         -1, 0);
    for (size_t i = 0; i < ARRAY_SIZE(written); i++)
        ram[written[i] * RAM_PAGE_BYTES + 5] = (char)('a' + i);
    (void)!*(volatile char *)(ram + (uintptr_t)10 * RAM_PAGE_BYTES); /* read only */
    (void)!write(told, "", 1);
    for (;;)
        pause();
}

static pid_t start_machine(int fd)
{
    int told[2];
    pid_t pid;
    char byte;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    if (pid == 0)
        become_machine(fd, told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]), close(told[1]);
    return pid;
}

static int make_base(void)
{
    struct pyro_error err = { 0 };
    int fd = ram_create(SIZE, &err);

    assert_true(fd >= 0);
    assert_true(fs_pwrite_all(fd, "base", 4, 10 * RAM_PAGE_BYTES));
    assert_true(fs_pwrite_all(fd, "base", 4, 3 * RAM_PAGE_BYTES));
    return fd;
}

static void wait_until_prepared(struct capture *c)
{
    struct pollfd p = { .fd = capture_fd(c), .events = POLLIN };
    struct pyro_error err = { 0 };
    bool done = false;

    while (!done) {
        assert_int_equal(poll(&p, 1, CAPTURE_MS), 1);
        if (!capture_prepared(c, &done, &err))
            fail_msg("%s", err.message);
    }
}

static void test_what_was_written_is_taken(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    int base = make_base();
    pid_t pid = start_machine(base);
    struct capture *c = capture_new(pid, base, false, &err);
    struct captured r;
    size_t next = 0;

    assert_non_null(c);
    wait_until_prepared(c);
    if (!capture_take(c, clock_ms() + CAPTURE_MS, &err))
        fail_msg("%s", err.message);
    r = capture_result(c);
    assert_int_equal(r.page_count, PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        char byte = 0;
        bool wanted = next < ARRAY_SIZE(written) && written[next] == i;
        assert_int_equal(r.taken[i], wanted);
        assert_int_equal(pread(r.fd, &byte, 1, (off_t)i * RAM_PAGE_BYTES + 5), 1);
        assert_int_equal(byte, wanted ? (int)('a' + next) : 0);
        next += wanted;
    }
    capture_free(c);
    proc_kill(pid);
    close(base);
}

/* Maps it with an upper memory over it, as QEMU does for a fork, and writes to one page of each. */
static void become_fork(int fd, int upper, int told)
{
    char *ram = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    for (off_t at = 0, hole; (at = lseek(upper, at, SEEK_DATA)) >= 0; at = hole) {
        hole = lseek(upper, at, SEEK_HOLE);
        mmap(ram + at, (size_t)(hole - at), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, upper,
             at);
    }
    memcpy(ram + 3 * RAM_PAGE_BYTES, "new", 3);
    memcpy(ram + 40 * RAM_PAGE_BYTES, "new", 3);
    (void)!write(told, "", 1);
    for (;;)
        pause();
}

static pid_t start_fork(int fd, int upper)
{
    int told[2];
    pid_t pid;
    char byte;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    if (pid == 0)
        become_fork(fd, upper, told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]), close(told[1]);
    return pid;
}

/* The upper memory of a machine, which ends. */
static int capture_blocks(pid_t pid, int base, char *ret_name)
{
    struct pyro_error err = { 0 };
    struct capture *c = capture_new(pid, base, true, &err);
    int fd;

    assert_non_null(c);
    wait_until_prepared(c);
    if (!capture_take(c, clock_ms() + CAPTURE_MS, &err))
        fail_msg("%s", err.message);
    fd = capture_seal(c, ret_name, &err);
    assert_true(fd >= 0);
    capture_free(c);
    proc_kill(pid);
    return fd;
}

static bool is_in_block(unsigned page, const unsigned *pages, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (pages[i] / BLOCK == page / BLOCK)
            return true;
    return false;
}

static void assert_page(int fd, unsigned page, const char *text, char at_5)
{
    char bytes[6];

    assert_int_equal(pread(fd, bytes, sizeof(bytes), (off_t)page * RAM_PAGE_BYTES), sizeof(bytes));
    assert_memory_equal(bytes, text, 4);
    assert_int_equal(bytes[5], at_5);
}

static void test_blocks_are_whole(void **state UNUSED)
{
    int base = make_base(), upper, found;
    char name[RAM_UPPER_HEX + 1];

    upper = capture_blocks(start_machine(base), base, name);
    for (unsigned i = 0; i < PAGES; i++)
        assert_int_equal(lseek(upper, (off_t)i * RAM_PAGE_BYTES, SEEK_DATA) ==
                             (off_t)i * RAM_PAGE_BYTES,
                         is_in_block(i, written, ARRAY_SIZE(written)));
    assert_page(upper, 0, "\0\0\0", 'a');
    assert_page(upper, 3, "base", 'b');
    assert_page(upper, 10, "base", 0); /* the template's, beside them */
    assert_page(upper, 1000, "\0\0\0", 'f');
    assert_int_equal(pwrite(upper, "x", 1, 0), -1);
    found = ram_find_upper(name, SIZE);
    assert_true(found >= 0);
    close(found);
    found = ram_take_upper(getpid(), name, SIZE);
    assert_true(found >= 0);
    assert_int_equal(ram_find_upper(name, 2 * SIZE), -1);
    close(found), close(upper), close(base);
}

/* What its upper memory had is in its own: nothing depends on the first machine's. */
static void test_fork_of_a_fork(void **state UNUSED)
{
    int base = make_base(), upper, own;
    char name[RAM_UPPER_HEX + 1], other[RAM_UPPER_HEX + 1];

    upper = capture_blocks(start_machine(base), base, name);
    own = capture_blocks(start_fork(base, upper), base, other);
    assert_string_not_equal(name, other);
    assert_page(own, 0, "\0\0\0", 'a');
    assert_page(own, 3, "newe", 'b');
    assert_page(own, 10, "base", 0);
    assert_page(own, 40, "new", 0);
    assert_page(own, 1000, "\0\0\0", 'f');
    close(own), close(upper), close(base);
}

static void test_other_memory_is_refused(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    int base = make_base(), other = make_base();
    pid_t pid = start_machine(base);
    struct capture *c = capture_new(pid, other, false, &err);
    bool done = false;

    assert_non_null(c);
    while (!done && capture_prepared(c, &done, &err))
        poll(&(struct pollfd){ .fd = capture_fd(c), .events = POLLIN }, 1, CAPTURE_MS);
    assert_int_equal(err.code, PYRO_VM_FAILED);
    capture_free(c);
    proc_kill(pid);
    close(base), close(other);
}

/* ---- a machine that makes page faults hang ---- */

#define HANG_TRIES_MS 120000
#define HANG_MS 300

/* Gives pages and takes them away, until somebody has come to one that is gone: it never gets it. */
static void hold_pages(int uffd, char *ram, size_t n)
{
    struct uffdio_zeropage all = { .range = { (uintptr_t)ram, n } };
    struct pollfd p = { .fd = uffd, .events = POLLIN };

    while (poll(&p, 1, 0) == 0) {
        ioctl(uffd, UFFDIO_ZEROPAGE, &all);
        madvise(ram, n, MADV_DONTNEED);
    }
    for (;;)
        pause();
}

static void become_hostile(int fd, int told)
{
    struct uffdio_api api = { .api = UFFD_API };
    char *ram = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), *part;
    struct uffdio_register all = { .mode = UFFDIO_REGISTER_MODE_MISSING };
    int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    char possible;

    part = mmap(ram + SIZE / 2, SIZE / 4, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    all.range.start = (uintptr_t)part;
    all.range.len = SIZE / 4;
    possible =
        uffd >= 0 && ioctl(uffd, UFFDIO_API, &api) == 0 && ioctl(uffd, UFFDIO_REGISTER, &all) == 0;
    (void)!write(told, &possible, 1);
    if (possible)
        hold_pages(uffd, part, SIZE / 4);
    _exit(0);
}

/* 0: this user may not. */
static pid_t start_hostile(int fd)
{
    int told[2];
    pid_t pid;
    char possible = 0;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    if (pid == 0)
        become_hostile(fd, told[1]);
    assert_int_equal(read(told[0], &possible, 1), 1);
    close(told[0]), close(told[1]);
    if (!possible)
        proc_kill(pid);
    return possible ? pid : 0;
}

/* Whether what it has was read; what is gone at the right moment holds whoever reads it. */
static bool try_capture(pid_t pid, int base, struct pyro_error *err)
{
    struct capture *c = capture_new(pid, base, false, err);
    bool ok;

    assert_non_null(c);
    wait_until_prepared(c);
    ok = capture_take(c, clock_ms() + HANG_MS, err);
    capture_free(c); /* ends those that hang, too */
    return ok;
}

static void test_faults_that_hang_end_with_the_time(void **state UNUSED)
{
    int64_t until_ms = clock_ms() + HANG_TRIES_MS;
    struct pyro_error err = { 0 };
    int base = make_base();
    pid_t pid = start_hostile(base);

    if (!pid) {
        close(base);
        skip();
    }
    while (try_capture(pid, base, &err))
        assert_true(clock_ms() < until_ms);
    assert_int_equal(err.code, PYRO_TIMEOUT);
    proc_kill(pid);
    close(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_taken),
        cmocka_unit_test(test_blocks_are_whole),
        cmocka_unit_test(test_fork_of_a_fork),
        cmocka_unit_test(test_other_memory_is_refused),
        cmocka_unit_test(test_faults_that_hang_end_with_the_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
