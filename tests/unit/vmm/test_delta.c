/* What differs from a template's memory: written against it, checked, merged with it again. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/delta.h"
#include "vmm/ram_copy.h"

#define PAGES 64
#define SIZE (PAGES * RAM_PAGE_BYTES)

static void fill(int fd, uint64_t page, int byte)
{
    char bytes[RAM_PAGE_BYTES];

    memset(bytes, byte, sizeof(bytes));
    assert_true(fs_pwrite_all(fd, bytes, sizeof(bytes), (off_t)(page * RAM_PAGE_BYTES)));
}

static int byte_of(int fd, uint64_t page)
{
    char bytes[RAM_PAGE_BYTES];

    assert_int_equal(fs_pread_full(fd, bytes, sizeof(bytes), (off_t)(page * RAM_PAGE_BYTES)),
                     sizeof(bytes));
    for (size_t i = 1; i < sizeof(bytes); i++)
        assert_int_equal(bytes[i], bytes[0]);
    return bytes[0];
}

static int memory(void)
{
    struct pyro_error err = { 0 };
    int fd = ram_create(SIZE, &err);

    assert_true(fd >= 0);
    return fd;
}

static int new_file(void)
{
    char path[] = "/tmp/pyro-delta.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

/* The template has 1 to 3 in its first pages; of those taken, one is as before, one is zero, the
 * others are new. */
static void capture_some(int template, uint8_t *taken, struct captured *ret)
{
    for (int i = 1; i <= 3; i++)
        fill(template, (uint64_t)i, i);
    *ret = (struct captured){
        .size_bytes = SIZE, .page_count = PAGES, .taken = taken, .fd = memory(), .base_fd = template
    };
    for (unsigned page = 1; page <= 2; page++)
        taken[page] = 1;
    taken[40] = taken[41] = taken[63] = 1;
    fill(ret->fd, 1, 1);
    fill(ret->fd, 40, 'x');
    fill(ret->fd, 63, 'y'); /* 2 and 41 stay zero */
}

static void check_merged(const struct delta *d, int template)
{
    struct pyro_error err = { 0 };
    int merged = delta_merge(d, template, &err);

    assert_true(merged >= 0);
    assert_int_equal(byte_of(merged, 0), 0);
    assert_int_equal(byte_of(merged, 1), 1);
    assert_int_equal(byte_of(merged, 2), 0);
    assert_int_equal(byte_of(merged, 3), 3);
    assert_int_equal(byte_of(merged, 40), 'x');
    assert_int_equal(byte_of(merged, 41), 0);
    assert_int_equal(byte_of(merged, 63), 'y');
    close(merged);
}

static void test_write_open_merge(void **state UNUSED)
{
    uint8_t taken[PAGES] = { 0 };
    struct pyro_error err = { 0 };
    int template = memory(), file = new_file();
    struct captured captured;
    char digest[RAM_DIGEST_HEX + 1];
    struct delta d;

    capture_some(template, taken, &captured);
    assert_true(delta_write(&captured, template, file, &err));
    assert_true(delta_digest(file, digest, &err));
    assert_true(delta_open(file, SIZE, digest, &d, &err));
    assert_int_equal(d.here, 2);
    assert_int_equal(d.kinds[1], DELTA_AS_TEMPLATE);
    assert_int_equal(d.kinds[2], DELTA_ZERO);
    assert_int_equal(d.kinds[41], DELTA_AS_TEMPLATE);
    check_merged(&d, template);
    delta_close(&d);
    close(captured.fd), close(template), close(file);
}

/* A machine that maps something else than its template is compared as a whole. */
static void test_write_over_another_base(void **state UNUSED)
{
    uint8_t taken[PAGES] = { 0 };
    struct pyro_error err = { 0 };
    int template = memory(), file = new_file(), base = memory();
    struct captured captured;
    struct delta d;

    capture_some(template, taken, &captured);
    captured.base_fd = base;
    fill(base, 3, 3);
    fill(base, 50, 'z');
    assert_true(delta_write(&captured, template, file, &err));
    assert_true(delta_open(file, SIZE, NULL, &d, &err));
    assert_int_equal(d.kinds[3], DELTA_AS_TEMPLATE);
    assert_int_equal(d.kinds[50], DELTA_HERE);
    check_merged(&d, template);
    delta_close(&d);
    close(captured.fd), close(template), close(file), close(base);
}

static void expect_refused(int file, const char *digest, uint64_t size)
{
    struct pyro_error err = { 0 };
    struct delta d;

    assert_false(delta_open(file, size, digest, &d, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
}

static void test_open_what_is_damaged(void **state UNUSED)
{
    uint8_t taken[PAGES] = { 0 };
    struct pyro_error err = { 0 };
    int template = memory(), file = new_file();
    struct captured captured;
    char digest[RAM_DIGEST_HEX + 1];

    capture_some(template, taken, &captured);
    assert_true(delta_write(&captured, template, file, &err));
    assert_true(delta_digest(file, digest, &err));
    expect_refused(file, digest, SIZE + RAM_PAGE_BYTES);
    assert_true(fs_pwrite_all(file, "!", 1, 8 + PAGES + 100)); /* a bit of a page */
    expect_refused(file, digest, SIZE);
    assert_true(fs_pwrite_all(file, "\x03", 1, 8 + 5)); /* an unknown kind */
    expect_refused(file, NULL, SIZE);
    assert_true(fs_pwrite_all(file, "\x01", 1, 8 + 5)); /* a page that is not there */
    expect_refused(file, NULL, SIZE);
    assert_int_equal(ftruncate(file, 8 + PAGES - 1), 0);
    expect_refused(file, NULL, SIZE);
    assert_int_equal(ftruncate(file, 3), 0);
    expect_refused(file, NULL, SIZE);
    close(captured.fd), close(template), close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_open_merge),
        cmocka_unit_test(test_write_over_another_base),
        cmocka_unit_test(test_open_what_is_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
