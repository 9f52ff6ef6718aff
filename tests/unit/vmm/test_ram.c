/* A template's RAM: saved sparse, checked, sealed for good, shared by those who may be believed. */
#include "vmm/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define SIZE (24U << 20) /* several of the parts that are copied at once */

static const char content[] = "what the guest wrote";
static const off_t places[] = { 0, 4096 * 7 + 100, SIZE / 2, SIZE - 100 };

/* A memfd with something here and there, and pages that were written with zeros. */
static int make_ram(void)
{
    static const char zeros[65536];
    struct pyro_error err = { 0 };
    int fd = ram_create(SIZE, &err);

    assert_true(fd >= 0);
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        assert_int_equal(pwrite(fd, content, sizeof(content), places[i]), sizeof(content));
    assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 1 << 20), sizeof(zeros));
    return fd;
}

static int make_file(void)
{
    char path[] = "/tmp/pyro-ram.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

/* A RAM as a clone's supervisor holds it, and its identity; different for each `mark`. */
static int make_sealed(char mark, struct ram_identity *ret)
{
    struct pyro_error err = { 0 };
    int ram = make_ram(), file = make_file(), loaded;

    *ret = (struct ram_identity){ .size_bytes = SIZE };
    assert_int_equal(pwrite(ram, &mark, 1, 4096), 1);
    assert_true(ram_save(ram, file, ret, &err));
    loaded = ram_load(file, ret, &err);
    assert_true(loaded >= 0);
    close(ram), close(file);
    return loaded;
}

static void test_save_and_load(void **state)
{
    struct ram_identity identity = { .size_bytes = SIZE };
    struct pyro_error err = { 0 };
    int ram = make_ram(), file = make_file(), loaded;
    char got[sizeof(content)];
    struct stat st;

    (void)state;
    assert_true(ram_save(ram, file, &identity, &err));
    assert_int_equal(strlen(identity.digest), RAM_DIGEST_HEX);
    assert_int_equal(fstat(file, &st), 0);
    assert_int_equal(st.st_size, SIZE);
    assert_true(st.st_blocks * 512 <= 16 * 4096); /* the pages of zeros are not there … */
    assert_int_equal(fstat(ram, &st), 0);
    assert_int_equal(st.st_blocks * 512, 4 * 4096); /* … nor in the memfd any more */
    loaded = ram_load(file, &identity, &err);
    assert_true(loaded >= 0);
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        assert_int_equal(pread(loaded, got, sizeof(got), places[i]), sizeof(got));
        assert_memory_equal(got, content, sizeof(content));
    }
    assert_int_equal(fstat(loaded, &st), 0);
    assert_int_equal(st.st_blocks * 512, 4 * 4096);
    close(ram), close(file), close(loaded);
}

static void test_load_refuses_what_changed(void **state)
{
    struct ram_identity identity = { .size_bytes = SIZE };
    struct pyro_error err = { 0 };
    int ram = make_ram(), file = make_file();

    (void)state;
    assert_true(ram_save(ram, file, &identity, &err));
    assert_int_equal(pwrite(file, "x", 1, 4096 * 100), 1); /* into a hole */
    assert_int_equal(ram_load(file, &identity, &err), -1);
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    assert_int_equal(pwrite(file, "\0", 1, 4096 * 100), 1); /* a page of zeros is as good as one */
    close(ram);
    ram = ram_load(file, &identity, &err);
    assert_true(ram >= 0);
    assert_int_equal(pwrite(file, "W", 1, 0), 1);
    assert_int_equal(ram_load(file, &identity, &err), -1);
    assert_int_equal(ftruncate(file, SIZE - 4096), 0);
    assert_int_equal(ram_load(file, &identity, &err), -1);
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    close(ram), close(file);
}

static void test_sealed_cannot_be_changed(void **state)
{
    struct ram_identity identity;
    int ram = make_sealed('3', &identity), again;
    scoped_free char *path = str_printf("/proc/self/fd/%d", ram);
    void *map;

    (void)state;
    again = open(path, O_RDWR | O_CLOEXEC);
    assert_true(again >= 0); /* as QEMU opens it */
    assert_int_equal(pwrite(again, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(again, 0), -1);
    assert_int_equal(ftruncate(again, 2 * SIZE), -1);
    assert_int_equal(fallocate(again, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
    assert_int_equal(fcntl(again, F_ADD_SEALS, F_SEAL_WRITE), -1);
    assert_ptr_equal(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0), MAP_FAILED);
    map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, again, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_int_equal(mprotect(map, SIZE, PROT_READ | PROT_WRITE), -1);
    munmap(map, SIZE);
    map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, again, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    memcpy(map, "mine", 4); /* a copy of its own */
    munmap(map, SIZE);
    close(ram), close(again);
}

/* A child of this program that holds its descriptors; it says when it is there. */
static pid_t hold(void)
{
    int pipe_fds[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        if (write(pipe_fds[1], "x", 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
    close(pipe_fds[0]), close(pipe_fds[1]);
    return pid;
}

static void test_find_holder_finds_this_program(void **state)
{
    struct ram_identity identity, other;
    int ram = make_sealed('5', &identity), found;
    pid_t holder = hold();
    struct stat a, b;

    (void)state;
    assert_int_equal(fstat(ram, &a), 0);
    close(ram);
    found = ram_find_holder(&identity);
    assert_true(found >= 0);
    assert_int_equal(fstat(found, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    close(found);
    other = identity;
    other.size_bytes = 0; /* any */
    found = ram_find_holder(&other);
    assert_true(found >= 0);
    close(found);
    other.size_bytes = SIZE * 2;
    assert_int_equal(ram_find_holder(&other), -1);
    other = identity;
    other.digest[5] = '\0';
    assert_int_equal(ram_find_holder(&other), -1);
    proc_kill(holder);
    assert_int_equal(ram_find_holder(&identity), -1);
}

/* A memfd of this name and content, with these seals, held by a child of this program: whether it
 * is found as the one with this identity. */
static bool is_found(const char *name, int seals, const struct ram_identity *identity)
{
    int ram = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), found;
    pid_t holder;

    assert_true(ram >= 0);
    assert_int_equal(ftruncate(ram, SIZE), 0);
    assert_int_equal(fcntl(ram, F_ADD_SEALS, seals), 0);
    holder = hold();
    close(ram);
    found = ram_find_holder(identity);
    proc_kill(holder);
    if (found >= 0)
        close(found);
    return found >= 0;
}

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Older versions named it by its template's key, which two different memories may share. */
static void test_find_holder_goes_by_content(void **state)
{
    static const char digest[] = "0123456789abcdef0123456789abcdef";
    struct ram_identity identity = { .size_bytes = SIZE };
    scoped_free char *name = str_printf("pyro-memory-%s", digest);
    scoped_free char *old = str_printf("pyro-ram-%s", digest);

    (void)state;
    snprintf(identity.digest, sizeof(identity.digest), "%s", digest);
    assert_true(is_found(name, ALL_SEALS, &identity));
    assert_false(is_found(old, ALL_SEALS, &identity));
    assert_false(is_found(name, F_SEAL_WRITE | F_SEAL_GROW, &identity));
    assert_false(is_found("pyro-boot", ALL_SEALS, &identity));
}

/* Another program, as a QEMU in its guest's hands would be. */
static pid_t hold_in_other_program(int ram)
{
    static const char *const argv[] = { "sleep", "1000", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    pid_t pid;

    spec.fds[0].from = ram;
    spec.fds[0].to = 6;
    spec.fd_count = 1;
    assert_true(proc_start(&spec, &pid, &err));
    return pid;
}

static void test_other_programs_are_not_believed(void **state)
{
    struct ram_identity identity, forged;
    int ram = make_sealed('7', &identity), taken;
    pid_t other = hold_in_other_program(ram);

    (void)state;
    close(ram);
    assert_int_equal(ram_find_holder(&identity), -1);
    /* Asked for by pid, it is taken when its digest is right … */
    taken = ram_take_from(other, &identity);
    assert_true(taken >= 0);
    close(taken);
    /* … and only then. */
    forged = identity;
    forged.digest[0] = forged.digest[0] == '0' ? '1' : '0';
    assert_int_equal(ram_take_from(other, &forged), -1);
    forged = identity;
    forged.size_bytes *= 2;
    assert_int_equal(ram_take_from(other, &forged), -1);
    proc_kill(other);
    assert_int_equal(ram_take_from(other, &identity), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_load_refuses_what_changed),
        cmocka_unit_test(test_sealed_cannot_be_changed),
        cmocka_unit_test(test_find_holder_finds_this_program),
        cmocka_unit_test(test_find_holder_goes_by_content),
        cmocka_unit_test(test_other_programs_are_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
