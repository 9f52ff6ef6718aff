/* QEMU's library, loaded into this program, where its mmap(2) and madvise(2) are called by hand. */
#include "tests/unit/unit.h"

#include "vmm/holes.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/confine.h"
#include "vmm/base/fs.h"
#include "vmm/ram.h"

#define PAGE 4096
#define SIZE (64 * PAGE)
#define DATA_AT (30 * PAGE) /* the only page there is */

static void *(*library_mmap)(void *, size_t, int, int, int, off_t);
static int (*library_madvise)(void *, size_t, int);

static int load(void **state UNUSED)
{
    struct pyro_error err;
    scoped_close int fd = holes_library(&err);
    scoped_free char *path = str_printf("/proc/self/fd/%d", fd);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    assert_non_null(library);
    *(void **)&library_mmap = dlsym(library, "mmap64");
    *(void **)&library_madvise = dlsym(library, "madvise");
    assert_non_null(library_mmap);
    assert_non_null(library_madvise);
    assert_non_null(dlsym(library, "mmap"));
    return 0;
}

/* Sparse, with one page, sealed as a template's or not. */
static int make_ram(bool sealed)
{
    struct pyro_error err;
    int fd = ram_create(SIZE, &err);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "data", 4, DATA_AT), 4);
    if (sealed)
        assert_true(ram_seal(fd, &err));
    return fd;
}

static int64_t pages_of(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_blocks * 512 / PAGE;
}

/* Maps it as QEMU does: over what it has reserved. */
static char *map_ram(int fd, int flags)
{
    char *at = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(at, MAP_FAILED);
    assert_ptr_equal(library_mmap(at, SIZE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0), at);
    return at;
}

static void test_holes_are_not_filled(void **state UNUSED)
{
    scoped_close int fd = make_ram(true);
    char *ram = map_ram(fd, MAP_PRIVATE);

    for (size_t i = 0; i < SIZE; i++)
        if (i < DATA_AT || i >= DATA_AT + 4)
            assert_int_equal(ram[i], 0);
    assert_memory_equal(ram + DATA_AT, "data", 4);
    memset(ram, 'x', SIZE);
    assert_int_equal(pages_of(fd), 1);
    assert_int_equal(library_madvise(ram, SIZE, MADV_HUGEPAGE), 0);
    assert_int_equal(library_madvise(ram, SIZE, -1), -1);
    munmap(ram, SIZE);
}

/* A fork's: over the template's memory and the holes in it, as far as it has something. */
static void test_upper_memory_is_laid_over(void **state UNUSED)
{
    scoped_close int fd = make_ram(true), before = dup(HOLES_UPPER_FD), upper = -1;
    char name[RAM_UPPER_HEX + 1], *ram;
    struct pyro_error err;

    upper = ram_create_upper(name);
    assert_int_equal(ftruncate(upper, SIZE), 0);
    assert_int_equal(pwrite(upper, "over", 4, DATA_AT), 4);
    assert_int_equal(pwrite(upper, "more", 4, 50 * PAGE), 4);
    assert_false(holes_upper_is_laid(getpid(), upper));
    assert_true(ram_seal(upper, &err));
    assert_int_equal(dup2(upper, HOLES_UPPER_FD), HOLES_UPPER_FD);
    ram = map_ram(fd, MAP_PRIVATE);
    assert_true(holes_upper_is_laid(getpid(), upper));
    assert_memory_equal(ram + DATA_AT, "over", 4);
    assert_memory_equal(ram + (size_t)50 * PAGE, "more", 4);
    assert_int_equal(ram[PAGE], 0);
    memset(ram, 'x', SIZE);
    assert_int_equal(pages_of(fd), 1);
    assert_int_equal(pages_of(upper), 2);
    munmap(ram, SIZE);
    assert_false(holes_upper_is_laid(getpid(), upper));
    if (before >= 0)
        dup2(before, HOLES_UPPER_FD);
    else
        close(HOLES_UPPER_FD);
}

/* A template while it boots, and what is no template's, are mapped as asked. */
static void test_others_are_left_alone(void **state UNUSED)
{
    scoped_close int shared = make_ram(false), open = make_ram(false);
    char *ram = map_ram(shared, MAP_SHARED);

    memset(ram, 'x', SIZE);
    assert_int_equal(pages_of(shared), SIZE / PAGE);
    munmap(ram, SIZE);
    ram = map_ram(open, MAP_PRIVATE);
    assert_int_equal(pwrite(open, "seen", 4, 0), 4);
    assert_memory_equal(ram, "seen", 4);
    munmap(ram, SIZE);
    assert_ptr_equal(library_mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                     MAP_FAILED);
}

static void test_probe(void **state UNUSED)
{
    struct pyro_error err = { 0 };

    if (!holes_probe(&err))
        fail_msg("%s", err.message);
}

/* Where the host does not allow it that is found out, and QEMU would run without. */
static void test_probe_of_a_host_that_refuses(void **state UNUSED)
{
    const struct confine_rule rules[] = { { .call = SYS_memfd_create,
                                            .action = CONFINE_FAIL(EPERM) } };
    struct pyro_error err = { 0 };
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(confine_calls(rules, ARRAY_SIZE(rules), CONFINE_ALLOW) && !holes_probe(&err) &&
                      err.code && err.message[0]
                  ? 0
                  : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holes_are_not_filled),
        cmocka_unit_test(test_upper_memory_is_laid_over),
        cmocka_unit_test(test_others_are_left_alone),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_probe_of_a_host_that_refuses),
    };

    return cmocka_run_group_tests(tests, load, NULL);
}
