/* What machines were made lately, how many spares there may be, and where they are made. */
#include "engine/state/place.h"
#include "engine/state/spare_wish.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"

static char home[] = "/tmp/pyro-wish-XXXXXX";

static int set_up(void **state UNUSED)
{
    return mkdtemp(home) && setenv("PYRO_HOME", home, 1) == 0 && unsetenv("PYRO_SPARES") == 0 ? 0
                                                                                              : -1;
}

static int tear_down(void **state UNUSED)
{
    return fs_remove_tree(AT_FDCWD, home, NULL) ? 0 : -1;
}

static struct spare_wish wish_of(const char *environment, int64_t mem_mib)
{
    struct spare_wish w = { .vcpu_count = 1, .mem_mib = mem_mib };

    snprintf(w.environment, sizeof(w.environment), "%s", environment);
    return w;
}

static void test_spares_parse_takes_small_numbers(void **state UNUSED)
{
    static const char *const bad[] = { "", "-1", "17", "1x", " 1", "two", "99999999999999999999" };
    int64_t n;

    assert_true(spares_parse("0", &n) && n == 0);
    assert_true(spares_parse("16", &n) && n == 16);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(spares_parse(bad[i], &n));
}

static void test_spares_allowed_by_the_environment(void **state UNUSED)
{
    struct pyro_error err = { 0 };

    assert_int_equal(spares_allowed(true), SPARES_DEFAULT);
    assert_int_equal(spares_allowed(false), 0);
    setenv("PYRO_SPARES", "1", 1);
    assert_int_equal(spares_allowed(true), 1);
    assert_int_equal(spares_allowed(false), 1);
    assert_true(spares_check(&err));
    setenv("PYRO_SPARES", "many", 1);
    assert_int_equal(spares_allowed(false), 0);
    assert_false(spares_check(&err));
    assert_string_equal(err.message, "PYRO_SPARES 'many' is not a number from 0 to 16");
    unsetenv("PYRO_SPARES");
    assert_true(spares_check(&err));
}

static void test_spare_wish_note_keeps_the_newest_first(void **state UNUSED)
{
    struct spare_wish wishes[SPARE_WISHES_MAX], w;

    assert_int_equal(spare_wishes_read(wishes), 0);
    for (int i = 0; i < SPARE_WISHES_MAX + 2; i++) {
        w = wish_of("debian:12", 128 * (i + 1));
        spare_wish_note(&w);
    }
    w = wish_of("debian:12", 128 * 4); /* once more */
    spare_wish_note(&w);
    assert_int_equal(spare_wishes_read(wishes), SPARE_WISHES_MAX);
    assert_true(spare_wish_equal(&wishes[0], &w));
    assert_int_equal(wishes[1].mem_mib, 128 * (SPARE_WISHES_MAX + 2));
    for (int i = 1; i < SPARE_WISHES_MAX; i++)
        assert_false(spare_wish_equal(&wishes[i], &w));
}

static void test_spare_wishes_read_survives_a_damaged_file(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "{",
        "{\"version\":1,\"made\":[{\"environment\":\"debian:12\"}]}",
        "{\"version\":1,\"made\":7}",
        "{\"version\":9,\"made\":[]}",
    };
    struct spare_wish wishes[SPARE_WISHES_MAX];
    scoped_free char *path = str_printf("%s/data/spares.json", home);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        FILE *f = fopen(path, "w");
        fputs(texts[i], f);
        fclose(f);
        assert_int_equal(spare_wishes_read(wishes), 0);
    }
}

static void test_spare_wishes_read_leaves_out_what_is_long_ago(void **state UNUSED)
{
    static const char text[] =
        "{\"version\":1,\"made\":["
        "{\"environment\":\"a\",\"vcpu_count\":1,\"mem_mib\":128,\"network\":false,\"made_at\":2},"
        "{\"environment\":\"b\",\"vcpu_count\":1,\"mem_mib\":128,\"network\":false,\"made_at\":1}]"
        "}";
    struct spare_wish wishes[SPARE_WISHES_MAX];
    scoped_free char *path = str_printf("%s/data/spares.json", home);
    FILE *f = fopen(path, "w");

    fputs(text, f);
    fclose(f);
    assert_int_equal(spare_wishes_read(wishes), 1);
    assert_string_equal(wishes[0].environment, "a");
}

static void test_place_of_this_process_tells_places_apart(void **state UNUSED)
{
    scoped_json json_t *here = place_of_this_process(NULL), *again = place_of_this_process(NULL);
    scoped_json json_t *masked = NULL, *strict = NULL;
    mode_t before = umask(0031);

    masked = place_of_this_process(NULL);
    assert_int_equal(umask(before), 0031); /* it was left as it was */
    assert_true(here && again && masked);
    assert_true(json_equal(here, again));
    assert_false(json_equal(here, masked));
    setenv("PYRO_REQUIRE_KVM", "1", 1);
    strict = place_of_this_process(NULL);
    unsetenv("PYRO_REQUIRE_KVM");
    assert_true(strict);
    assert_false(json_equal(here, strict));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spares_parse_takes_small_numbers),
        cmocka_unit_test(test_spares_allowed_by_the_environment),
        cmocka_unit_test(test_spare_wish_note_keeps_the_newest_first),
        cmocka_unit_test(test_spare_wishes_read_survives_a_damaged_file),
        cmocka_unit_test(test_spare_wishes_read_leaves_out_what_is_long_ago),
        cmocka_unit_test(test_place_of_this_process_tells_places_apart),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
