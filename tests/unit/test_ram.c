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
static int make_ram(const char *key)
{
    static const char zeros[65536];
    struct pyro_error err = { 0 };
    int fd = ram_create(key, SIZE, &err);

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

static struct ram_identity identity_of(const char *key)
{
    struct ram_identity identity = { .size_bytes = SIZE };

    snprintf(identity.key, sizeof(identity.key), "%s", key);
    return identity;
}

/* A sealed RAM of this key, and its identity. */
static int make_sealed(const char *key, struct ram_identity *ret)
{
    struct pyro_error err = { 0 };
    int ram = make_ram(key), file = make_file();

    *ret = identity_of(key);
    assert_true(ram_save(ram, file, ret, &err));
    assert_true(ram_seal(ram, &err));
    close(file);
    return ram;
}

static void test_save_and_load(void **state)
{
    struct ram_identity identity = identity_of("k1");
    struct pyro_error err = { 0 };
    int ram = make_ram("k1"), file = make_file(), loaded;
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
    struct ram_identity identity = identity_of("k2");
    struct pyro_error err = { 0 };
    int ram = make_ram("k2"), file = make_file();

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
    int ram = make_sealed("k3", &identity), again;
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

static void test_seal_fails_while_it_is_mapped(void **state)
{
    struct pyro_error err = { 0 };
    int ram = make_ram("k4");
    void *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ram, 0);

    (void)state;
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_false(ram_seal(ram, &err));
    munmap(map, SIZE);
    assert_true(ram_seal(ram, &err));
    close(ram);
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
    struct ram_identity identity;
    int ram = make_sealed("k5", &identity), found;
    pid_t holder = hold();
    struct stat a, b;

    (void)state;
    assert_int_equal(fstat(ram, &a), 0);
    close(ram);
    found = ram_find_holder("k5", SIZE);
    assert_true(found >= 0);
    assert_int_equal(fstat(found, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    close(found);
    found = ram_find_holder("k5", 0);
    assert_true(found >= 0);
    close(found);
    assert_int_equal(ram_find_holder("k5", SIZE * 2), -1);
    assert_int_equal(ram_find_holder("k", SIZE), -1);
    proc_kill(holder);
    assert_int_equal(ram_find_holder("k5", SIZE), -1);
}

static void test_find_holder_wants_all_seals(void **state)
{
    int ram = make_ram("k6");
    pid_t holder;

    (void)state;
    assert_int_equal(fcntl(ram, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
    holder = hold();
    close(ram);
    assert_int_equal(ram_find_holder("k6", SIZE), -1);
    proc_kill(holder);
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
    int ram = make_sealed("k7", &identity), taken;
    pid_t other = hold_in_other_program(ram);

    (void)state;
    close(ram);
    assert_int_equal(ram_find_holder("k7", SIZE), -1);
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
        cmocka_unit_test(test_seal_fails_while_it_is_mapped),
        cmocka_unit_test(test_find_holder_finds_this_program),
        cmocka_unit_test(test_find_holder_wants_all_seals),
        cmocka_unit_test(test_other_programs_are_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
