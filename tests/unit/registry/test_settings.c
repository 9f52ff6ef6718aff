/* Lines of registries among those of the terminal interface. */
#include "engine/registry/settings.h"

#include <string.h>

#include "tests/unit/unit.h"

static void test_registry_settings_parse(void **state)
{
    static const char text[] =
        "theme = dark\n# registry.x.y.insecure = on\n"
        " registry.docker.io.mirror = https://m.example\thttp://127.0.0.1:5000  \n"
        "registry.Index.docker.io.token-host = auth.example\n"
        "registry.127.0.0.1:5000.insecure = on\nregistry.[::1]:5000.blocked=on\n"
        "registry.docker.io.blocked = on\nregistry.docker.io.blocked = off\n";
    scoped_registry_settings hub = { 0 }, local = { 0 }, six = { 0 }, none = { 0 };
    struct pyro_error err = { 0 };

    (void)state;
    assert_true(registry_settings_parse(text, "f", "docker.io", &hub, &err));
    assert_int_equal(json_array_size(hub.mirrors), 2);
    assert_string_equal(json_string_value(json_array_get(hub.mirrors, 1)), "http://127.0.0.1:5000");
    assert_string_equal(json_string_value(json_array_get(hub.token_hosts, 0)), "auth.example");
    assert_false(hub.is_insecure || hub.is_blocked);
    assert_true(registry_settings_parse(text, "f", "127.0.0.1:5000", &local, &err));
    assert_true(local.is_insecure && !local.is_blocked && !json_array_size(local.mirrors));
    assert_true(registry_settings_parse(text, "f", "[::1]:5000", &six, &err));
    assert_true(six.is_blocked);
    assert_true(registry_settings_parse("", "f", "docker.io", &none, &err));
    assert_false(none.is_insecure || none.is_blocked);
}

static void test_registry_settings_parse_signature(void **state)
{
    static const char text[] = "registry.ghcr.io/org.one.signature = key=/k/one.pub\n"
                               "registry.ghcr.io.signature = reject\n"
                               "registry.ghcr.io/org.signature = accept\n"
                               "registry.ghcr.io/org/app.signature = key=app.pub\n";
    static const struct {
        const char *where;
        bool is_rejected;
        const char *key; /* NULL: none */
    } rows[] = { { "ghcr.io", true, NULL },
                 { "ghcr.io/other", true, NULL },
                 { "ghcr.io/org", false, NULL },
                 { "ghcr.io/org/else", false, NULL },
                 { "ghcr.io/organ", true, NULL },
                 { "ghcr.io/org/app", false, "/c/pyro/app.pub" },
                 { "ghcr.io/org/app/part", false, "/c/pyro/app.pub" },
                 { "ghcr.io/org/apple", false, NULL },
                 { "ghcr.io/org.one/x", false, "/k/one.pub" },
                 { "ghcr.io:5000/org/app", false, NULL },
                 { "docker.io/org/app", false, NULL } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        scoped_registry_settings s = { 0 };
        assert_true(registry_settings_parse(text, "/c/pyro/config", rows[i].where, &s, NULL));
        if (s.is_rejected != rows[i].is_rejected || !s.key_path != !rows[i].key ||
            (s.key_path && strcmp(s.key_path, rows[i].key) != 0))
            fail_msg("%s: %d %s", rows[i].where, s.is_rejected, s.key_path);
    }
}

static void test_registry_settings_parse_refuses(void **state)
{
    static const char *const bad[][2] = {
        { "registry.a.io.mirror", "has no '='" },
        { "registry.a.io.mirror = a.example", "is a URL" },
        { "registry.a.io.mirror =", "one to 8 words" },
        { "registry.a.io.insecure = yes", "on or off" },
        { "registry.a.io.else = on", "no setting 'else'" },
        { "registry.insecure = on", "registry.HOST.SETTING" },
        { "registry.a/b.insecure = on", "a whole registry" },
        { "registry.a/.signature = accept", "registry.HOST.SETTING" },
        { "registry.a.io.signature = on", "accept, reject or key=FILE" },
        { "registry.a.io/x.signature = key=", "accept, reject or key=FILE" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        scoped_registry_settings s = { 0 };
        struct pyro_error err = { 0 };
        assert_false(registry_settings_parse(bad[i][0], "f", "b.io", &s, &err));
        assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
        if (!strstr(err.message, bad[i][1]) || strncmp(err.message, "f:1: ", 5) != 0)
            fail_msg("%s: %s", bad[i][0], err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry_settings_parse),
        cmocka_unit_test(test_registry_settings_parse_signature),
        cmocka_unit_test(test_registry_settings_parse_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
