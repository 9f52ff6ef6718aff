/* tests/unit/service/test_publish.c: --publish, and what a record may say is published. */
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/service/service.h"

static void test_publish_parse(void **state UNUSED)
{
    static const struct {
        const char *items[3];
        const char *wanted; /* NULL: refused */
    } cases[] = {
        { { "8000" }, "[{\"guest_port\":8000,\"host_port\":0}]" },
        { { "1:65535" }, "[{\"guest_port\":65535,\"host_port\":1}]" },
        { { "80:80", "81" },
          "[{\"guest_port\":80,\"host_port\":80},{\"guest_port\":81,\"host_port\":0}]" },
        { { "" }, NULL },
        { { "0" }, NULL },
        { { "0:80" }, NULL },
        { { "65536" }, NULL },
        { { "99999999999" }, NULL },
        { { "80:" }, NULL },
        { { ":80" }, NULL },
        { { "80:80:80" }, NULL },
        { { "+80" }, NULL },
        { { " 80" }, NULL },
        { { "80", "80" }, NULL },
        { { "1:80", "2:80" }, NULL },
        { { "1:80", "1:81" }, NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        scoped_json json_t *list = NULL;
        scoped_free char *text = NULL;
        bool ok = true;
        for (size_t n = 0; ok && n < 3 && cases[i].items[n]; n++)
            ok = service_publish_add(&list, cases[i].items[n], &err);
        assert_int_equal(ok, cases[i].wanted != NULL);
        if (!cases[i].wanted) {
            assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
        } else {
            text = json_compact(list);
            assert_string_equal(text, cases[i].wanted);
            assert_true(service_publish_check(list, false, &err));
        }
    }
}

static void test_publish_too_many(void **state UNUSED)
{
    scoped_json json_t *list = NULL;
    struct pyro_error err = { 0 };
    char item[8];

    for (int i = 0; i <= SERVICE_PORTS_MAX; i++) {
        snprintf(item, sizeof(item), "%d", 1000 + i);
        assert_int_equal(service_publish_add(&list, item, &err), i < SERVICE_PORTS_MAX);
    }
    assert_int_equal(json_array_size(list), SERVICE_PORTS_MAX);
}

static void test_publish_check(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool opened, sound;
    } cases[] = {
        { "[{\"host_port\":0,\"guest_port\":1}]", false, true },
        { "[{\"host_port\":0,\"guest_port\":1}]", true, false },
        { "[{\"host_port\":1,\"guest_port\":0}]", true, false },
        { "[{\"host_port\":65536,\"guest_port\":1}]", true, false },
        { "[{\"guest_port\":1}]", true, false },
        { "[1]", true, false },
        { "{}", true, false },
        { "[]", true, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_json json_t *list = json_loads(cases[i].text, 0, NULL);
        assert_non_null(list);
        assert_int_equal(service_publish_check(list, cases[i].opened, NULL), cases[i].sound);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish_parse),
        cmocka_unit_test(test_publish_too_many),
        cmocka_unit_test(test_publish_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
