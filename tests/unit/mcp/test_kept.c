/* tests/unit/mcp/test_kept.c: results are taken once, by the same call; the oldest make room. */
#include "engine/mcp/kept.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/json.h"

static const struct cmd_spec one = { .path = "one" }, other = { .path = "other" };

static int open_null(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void test_kept_take_is_of_the_same_call(void **state UNUSED)
{
    scoped_json json_t *a = json_pack("{s:s}", "x", "1"), *b = json_pack("{s:s}", "x", "1"),
                       *c = json_pack("{s:s}", "x", "2");
    struct kept kept = { .count = 0 };
    int fd = open_null();

    kept_put(&kept, &(struct mcp_key){ &one, a, false }, fd);
    assert_int_equal(kept_take(&kept, &(struct mcp_key){ &one, c, false }), -1);
    assert_int_equal(kept_take(&kept, &(struct mcp_key){ &other, b, false }), -1);
    assert_int_equal(kept_take(&kept, &(struct mcp_key){ &one, b, true }), -1);
    assert_int_equal(kept_take(&kept, &(struct mcp_key){ &one, b, false }), fd);
    assert_int_equal(kept_take(&kept, &(struct mcp_key){ &one, b, false }), -1);
    close(fd);
}

static void test_kept_put_drops_the_oldest(void **state UNUSED)
{
    struct kept kept = { .count = 0 };
    int first = -1;

    for (int i = 0; i <= KEPT_MAX; i++) {
        scoped_json json_t *arguments = json_pack("{s:i}", "i", i);
        int fd = open_null();

        first = i ? first : fd;
        kept_put(&kept, &(struct mcp_key){ &one, arguments, false }, fd);
    }
    assert_int_equal(kept.count, KEPT_MAX);
    assert_int_equal(fcntl(first, F_GETFD), -1);
    kept_release(&kept);
    assert_int_equal(kept.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_take_is_of_the_same_call),
        cmocka_unit_test(test_kept_put_drops_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
