/* What is said of a transfer: sums, rate, rest, bars. */
#include "engine/registry/transfer.h"

#include <string.h>

#include "tests/unit/unit.h"
#include "vmm/base/cleanup.h"

static void test_transfer_describe(void **state)
{
    struct transfer t = { .began_ms = 1000, .began_bytes = 10000000 };
    char text[TRANSFER_TEXT_MAX];

    (void)state;
    transfer_add(&t, 40000000, 10000000);
    transfer_add(&t, 20000000, -1);
    transfer_add(&t, 0, 0);
    assert_int_equal(transfer_left(&t), 50000000);
    transfer_describe(&t, 1100, text);
    assert_string_equal(text, "fetching its parts, 0 of 3 done: 10.0 of 60.0 MB; [##------]");
    t.items[0].done = 30000000;
    t.items[1].done = 10000000;
    transfer_describe(&t, 4000, text);
    assert_string_equal(text, "fetching its parts, 0 of 3 done: 40.0 of 60.0 MB, 10.0 MB/s, "
                              "2 s left; [######--] [####----]");
    transfer_end(&t, 0);
    transfer_end(&t, 2);
    assert_int_equal(transfer_left(&t), 10000000);
    transfer_describe(&t, 5000, text);
    assert_string_equal(text, "fetching its parts, 2 of 3 done: 50.0 of 60.0 MB, 10.0 MB/s, "
                              "1 s left; [####----]");
}

static void test_transfer_describe_many(void **state)
{
    struct transfer t = { 0 };
    char text[TRANSFER_TEXT_MAX];

    (void)state;
    for (int i = 0; i < TRANSFER_ITEMS_MAX; i++)
        transfer_add(&t, 8LL << 30, 8LL << 29);
    transfer_describe(&t, 1, text);
    assert_true(strlen(text) < sizeof(text));
    assert_non_null(strstr(text, "] ["));
}

/* Figures that make no sense are made to. */
static void test_transfer_progress(void **state)
{
    scoped_json json_t *done = json_pack("[i, i, s, i]", -5, 700, "x", 3);
    struct transfer t = { 0 };

    (void)state;
    transfer_add(&t, 100, 0);
    transfer_add(&t, 500, 0);
    transfer_add(&t, 100, 50);
    transfer_progress(&t, done, NULL);
    assert_int_equal(transfer_left(&t), 200);
    transfer_progress(&t, NULL, NULL);
    assert_int_equal(transfer_left(&t), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_describe),
        cmocka_unit_test(test_transfer_describe_many),
        cmocka_unit_test(test_transfer_progress),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
