/* tests/unit/base/test_write_behind.c: what has been begun, and what has not. */
#include "vmm/base/write_behind.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "vmm/base/cleanup.h"

#define MIB (1 << 20)

static void test_write_behind_begins_whole_pieces(void **state UNUSED)
{
    scoped_close int fd = memfd_create("file", MFD_CLOEXEC);
    struct write_behind w = { 0 };

    for (int i = 0; i < 20; i++)
        write_behind(&w, fd, i * MIB, MIB);
    assert_int_equal(w.from, 16 * MIB);
    assert_int_equal(w.to, 20 * MIB);
}

static void test_write_behind_elsewhere_begins_anew(void **state UNUSED)
{
    scoped_close int fd = memfd_create("file", MFD_CLOEXEC);
    struct write_behind w = { 0 };

    write_behind(&w, fd, 0, MIB);
    write_behind(&w, fd, 64 * MIB, MIB);
    assert_int_equal(w.from, 64 * MIB);
    assert_int_equal(w.to, 65 * MIB);
    write_behind(&w, fd, 65 * MIB, 7 * MIB);
    assert_int_equal(w.from, w.to);
}

static void test_write_behind_never_fails(void **state UNUSED)
{
    struct write_behind w = { 0 };

    write_behind(&w, -1, 0, 64 * MIB);
    assert_int_equal(w.from, 64 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_behind_begins_whole_pieces),
        cmocka_unit_test(test_write_behind_elsewhere_begins_anew),
        cmocka_unit_test(test_write_behind_never_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
