/* The pages that a process has for itself: of a child that maps a memfd as QEMU does. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
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
    struct capture *c = capture_new(pid, base, &err);
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

static void test_other_memory_is_refused(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    int base = make_base(), other = make_base();
    pid_t pid = start_machine(base);
    struct capture *c = capture_new(pid, other, &err);
    bool done = false;

    assert_non_null(c);
    while (!done && capture_prepared(c, &done, &err))
        poll(&(struct pollfd){ .fd = capture_fd(c), .events = POLLIN }, 1, CAPTURE_MS);
    assert_int_equal(err.code, PYRO_VM_FAILED);
    capture_free(c);
    proc_kill(pid);
    close(base), close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_taken),
        cmocka_unit_test(test_other_memory_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
