/* By what a login may travel: http is for this machine's loopback, and for what was said to be
 * insecure. */
#include "engine/registry/endpoints.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

static void write_file(const char *path, const char *text)
{
    assert_true(fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, NULL));
}

static int set_up(void **state)
{
    char *dir = strdup("/tmp/pyro-endpoints.XXXXXX");

    if (!mkdtemp(dir))
        return -1;
    assert_int_equal(chdir(dir), 0);
    setenv("XDG_CONFIG_HOME", dir, 1);
    setenv("REGISTRY_AUTH_FILE", "auth.json", 1);
    assert_int_equal(mkdir("pyro", 0700), 0);
    write_file("pyro/config", "registry.own.example.insecure = on\n"
                              "registry.far.example.mirror = http://own.example http://m.example "
                              "https://m.example http://127.0.0.1:5000\n"
                              "registry.bad.example.blocked = on\n");
    write_file("auth.json",
               "{\"auths\": {\"far.example\": {\"auth\": \"dTpw\"}, \"own.example\": {\"auth\": "
               "\"dTpw\"}, \"m.example\": {\"auth\": \"dTpw\"}, \"127.0.0.1:5000\": {\"auth\": "
               "\"dTpw\"}}}");
    *state = dir;
    return 0;
}

static int tear_down(void **state)
{
    unlink("auth.json"), unlink("pyro/config"), rmdir("pyro");
    rmdir(*state);
    free(*state);
    return 0;
}

static void test_endpoints_of_mirrors(void **state)
{
    static const struct {
        const char *url;
        bool may_be_plain, has_login;
    } rows[] = { { "http://own.example", true, true },
                 { "http://m.example", true, false },
                 { "https://m.example", false, true },
                 { "http://127.0.0.1:5000", true, true },
                 { "https://far.example", false, true } };
    struct reference r;
    scoped_json json_t *list = NULL;

    (void)state;
    assert_true(reference_parse("far.example/x", &r, NULL));
    list = endpoints_of(&r, NULL);
    assert_int_equal(json_array_size(list), ARRAY_SIZE(rows));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const json_t *e = json_array_get(list, i);
        assert_string_equal(json_string_or(e, "url", ""), rows[i].url);
        assert_int_equal(json_bool_or(e, "may_be_plain", false), rows[i].may_be_plain);
        assert_int_equal(json_object_get(e, "user") != NULL, rows[i].has_login);
    }
}

static void test_endpoints_to_try(void **state)
{
    static const struct {
        const char *host, *url;
        bool may_be_plain;
    } rows[] = { { "far.example", "https://far.example", false },
                 { "own.example", "https://own.example", true },
                 { "localhost:5000", "https://localhost:5000", true },
                 { "docker.io", "https://registry-1.docker.io", false } };
    char user[] = "u", password[] = "p";
    const struct credentials login = { .user = user, .password = password };
    struct pyro_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        scoped_json json_t *list = endpoints_to_try(rows[i].host, &login, &err);
        const json_t *e = json_array_get(list, 0);
        assert_int_equal(json_array_size(list), 1);
        assert_string_equal(json_string_or(e, "url", ""), rows[i].url);
        assert_int_equal(json_bool_or(e, "may_be_plain", false), rows[i].may_be_plain);
        assert_string_equal(json_string_or(e, "user", ""), "u");
    }
    assert_null(endpoints_to_try("bad.example", &login, &err));
    assert_non_null(strstr(err.message, "blocked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints_of_mirrors),
        cmocka_unit_test(test_endpoints_to_try),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
