/* The state of a machine's devices: what is one, and the stream that QEMU gets. */
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/device_state.h"
#include "vmm/ram_copy.h"

static const uint8_t state_bytes[] = { 'Q', 'E', 'V', 'M', 0, 0, 0, 3, 4, 'd', 'e', 'v', 0 };

static void test_check(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    uint8_t other[sizeof(state_bytes)];

    assert_true(device_state_check(state_bytes, sizeof(state_bytes), &err));
    for (size_t n = 0; n < sizeof(state_bytes); n++)
        assert_false(device_state_check(state_bytes, n, &err));
    for (size_t i = 0; i <= 8; i++) {
        memcpy(other, state_bytes, sizeof(other));
        other[i] ^= 1;
        assert_false(device_state_check(other, sizeof(other), &err));
        assert_int_equal(err.code, PYRO_RECORD_INVALID);
    }
}

static size_t stream_of(const struct delta *d, uint8_t *ret, size_t room)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);
    struct pyro_error err = { 0 };
    ssize_t n;

    assert_true(device_state_stream(state_bytes, sizeof(state_bytes), d, fd, &err));
    n = pread(fd, ret, room, 0);
    assert_true(n > 0 && (size_t)n < room);
    close(fd);
    return (size_t)n;
}

static void test_stream_without_memory(void **state UNUSED)
{
    static const uint8_t want[] = "QEVM\0\0\0\3\7\0\0\0\7microvm\4dev\0\6\0\0\0\2{}";
    uint8_t got[4096];

    assert_int_equal(stream_of(NULL, got, sizeof(got)), sizeof(want) - 1);
    assert_memory_equal(got, want, sizeof(want) - 1);
}

/* The same whether its pages lie one after the other or each at its place. */
static void test_stream_of_an_upper_memory(void **state UNUSED)
{
    static const uint8_t kinds[] = { DELTA_AS_TEMPLATE, DELTA_HERE, DELTA_AS_TEMPLATE, DELTA_HERE };
    static uint8_t pages[2 * RAM_PAGE_BYTES], want[4 * RAM_PAGE_BYTES], got[4 * RAM_PAGE_BYTES];
    const struct delta d = { .page_count = 4, .here = 2, .kinds = kinds, .pages = pages };
    struct pyro_error err = { 0 };
    struct delta upper, none;
    char name[RAM_UPPER_HEX + 1];
    int fd = ram_create_upper(name);
    size_t n;

    memset(pages, 'a', RAM_PAGE_BYTES);
    memset(pages + RAM_PAGE_BYTES, 'b', RAM_PAGE_BYTES);
    assert_int_equal(ftruncate(fd, 4 * RAM_PAGE_BYTES), 0);
    assert_int_equal(pwrite(fd, pages, RAM_PAGE_BYTES, RAM_PAGE_BYTES), RAM_PAGE_BYTES);
    assert_int_equal(pwrite(fd, pages + RAM_PAGE_BYTES, RAM_PAGE_BYTES, 3 * RAM_PAGE_BYTES),
                     RAM_PAGE_BYTES);
    assert_true(delta_of_upper(fd, 4 * RAM_PAGE_BYTES, &upper, &err));
    n = stream_of(&d, want, sizeof(want));
    assert_int_equal(stream_of(&upper, got, sizeof(got)), n);
    assert_memory_equal(got, want, n);
    delta_close(&upper);
    assert_true(delta_none(4 * RAM_PAGE_BYTES, &none, &err));
    assert_true(stream_of(&none, got, sizeof(got)) < n - 2 * RAM_PAGE_BYTES);
    delta_close(&none);
    close(fd);
}

static void test_stream_with_memory(void **state UNUSED)
{
    static const uint8_t kinds[] = { DELTA_AS_TEMPLATE, DELTA_HERE, DELTA_ZERO, DELTA_HERE };
    static uint8_t pages[2 * RAM_PAGE_BYTES], got[4 * RAM_PAGE_BYTES];
    static const uint8_t first[] = "\0\0\0\0\0\0\x10\x08\3ram", zero[] = "\0\0\0\0\0\0\x20\x22\0",
                         last[] = "\0\0\0\0\0\0\x30\x28";
    const struct delta d = { .page_count = 4, .here = 2, .kinds = kinds, .pages = pages };
    uint8_t *at;
    size_t n;

    memset(pages, 'a', RAM_PAGE_BYTES);
    memset(pages + RAM_PAGE_BYTES, 'b', RAM_PAGE_BYTES);
    n = stream_of(&d, got, sizeof(got));
    at = memmem(got, n, first, sizeof(first) - 1);
    assert_non_null(at);
    at += sizeof(first) - 1;
    assert_memory_equal(at, pages, RAM_PAGE_BYTES);
    at += RAM_PAGE_BYTES;
    assert_memory_equal(at, zero, sizeof(zero) - 1);
    at += sizeof(zero) - 1;
    assert_memory_equal(at, last, sizeof(last) - 1);
    assert_memory_equal(at + sizeof(last) - 1, pages + RAM_PAGE_BYTES, RAM_PAGE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_stream_without_memory),
        cmocka_unit_test(test_stream_with_memory),
        cmocka_unit_test(test_stream_of_an_upper_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
