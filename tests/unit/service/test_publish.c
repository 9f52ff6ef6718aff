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
        { { NULL }, "[]" },
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
        size_t n = 0;
        while (n < 3 && cases[i].items[n])
            n++;
        scoped_json json_t *list = service_publish_parse(cases[i].items, n, &err);
        scoped_free char *text = list ? json_compact(list) : NULL;
        if (!cases[i].wanted) {
            assert_null(list);
            assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
        } else {
            assert_non_null(text);
            assert_string_equal(text, cases[i].wanted);
            assert_true(service_publish_check(list, false, &err));
        }
    }
}

static void test_publish_too_many(void **state UNUSED)
{
    static char text[SERVICE_PORTS_MAX + 1][8];
    const char *items[SERVICE_PORTS_MAX + 1];
    struct pyro_error err = { 0 };
    json_t *list;

    for (int i = 0; i <= SERVICE_PORTS_MAX; i++) {
        snprintf(text[i], sizeof(text[i]), "%d", 1000 + i);
        items[i] = text[i];
    }
    list = service_publish_parse(items, SERVICE_PORTS_MAX, &err);
    assert_int_equal(json_array_size(list), SERVICE_PORTS_MAX);
    json_decref(list);
    assert_null(service_publish_parse(items, SERVICE_PORTS_MAX + 1, &err));
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
