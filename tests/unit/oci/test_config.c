/* tests/unit/oci/test_config.c: configurations of images. */
#include <string.h>

#include "engine/oci/config.h"
#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" HEX "\"]}"
#define WITH(config)                                                                               \
    "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":" config "," ROOTFS "}"

static void test_config_is_taken(void **state UNUSED)
{
    static const char text[] =
        WITH("{\"Env\":[\"A=b\",\"C=\"],\"Entrypoint\":[\"/e\"],\"Cmd\":null,"
             "\"ExposedPorts\":{\"80/tcp\":{}},\"Volumes\":{\"/v\":{}},\"Labels\":{\"k\":\"v\"},"
             "\"User\":\"1000:1000\",\"WorkingDir\":\"/w\",\"StopSignal\":\"SIGINT\","
             "\"Unknown\":[1]}");
    struct pyro_error err = { 0 };
    scoped_oci_config c;
    scoped_json json_t *saved = NULL;
    scoped_free char *line = NULL;

    assert_true(oci_config_parse(text, strlen(text), &c, &err));
    assert_int_equal(c.diff_id_count, 1);
    assert_string_equal(c.diff_ids[0], "sha256:" HEX);
    saved = oci_config_save(&c);
    line = json_compact(saved);
    assert_string_equal(
        line, "{\"architecture\":\"amd64\",\"cmd\":[],\"created\":\"\",\"entrypoint\":[\"/e\"],"
              "\"env\":[\"A=b\",\"C=\"],\"labels\":{\"k\":\"v\"},\"os\":\"linux\",\"ports\":["
              "\"80/tcp\"],\"stop_signal\":\"SIGINT\",\"user\":\"1000:1000\",\"volumes\":[\"/v\"],"
              "\"working_dir\":\"/w\"}");
}

static void test_config_may_be_bare(void **state UNUSED)
{
    static const char *const texts[] = { "{" ROOTFS "}", WITH("null"), WITH("{}") };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        scoped_oci_config c;
        assert_true(oci_config_parse(texts[i], strlen(texts[i]), &c, NULL));
        assert_string_equal(c.user, "");
        assert_int_equal(json_array_size(c.env), 0);
    }
}

static void test_config_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "", "not an object" },
        { "[]", "not an object" },
        { "{}", "rootfs" },
        { "{\"rootfs\":{\"type\":\"other\",\"diff_ids\":[]}}", "rootfs" },
        { "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[7]}}", "diff_ids" },
        { "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:zz\"]}}", "diff_ids" },
        { WITH("7"), "config is not an object" },
        { WITH("{\"Env\":\"A=b\"}"), "Env" },
        { WITH("{\"Env\":[\"A\"]}"), "Env" },
        { WITH("{\"Env\":[\"=b\"]}"), "Env" },
        { WITH("{\"Cmd\":[\"a\\u0000b\"]}"), "not a" },
        { WITH("{\"Entrypoint\":{}}"), "Entrypoint" },
        { WITH("{\"ExposedPorts\":[]}"), "ExposedPorts" },
        { WITH("{\"Labels\":{\"a\":1}}"), "Labels" },
        { WITH("{\"User\":1000}"), "User" },
        { WITH("{\"WorkingDir\":\"w\"}"), "WorkingDir" },
        { "{\"os\":7," ROOTFS "}", "os" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        scoped_oci_config c;
        assert_false(oci_config_parse(cases[i].text, strlen(cases[i].text), &c, &err));
        assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
        if (!strstr(err.message, cases[i].why))
            fail_msg("case %zu: %s", i, err.message);
    }
}

static void test_config_is_bounded(void **state UNUSED)
{
    scoped_free char *word = malloc(OCI_WORD_BYTES_MAX + 2), *text = NULL;
    scoped_oci_config c;

    memset(word, 'x', OCI_WORD_BYTES_MAX + 1);
    word[OCI_WORD_BYTES_MAX + 1] = '\0';
    text = str_printf(WITH("{\"Cmd\":[\"%s\"]}"), word);
    assert_false(oci_config_parse(text, strlen(text), &c, NULL));
}

static void test_config_check(void **state UNUSED)
{
    struct oci_config c = { .diff_id_count = 2 };
    struct oci_manifest m = { .layer_count = 3 };
    struct pyro_error err = { 0 };

    assert_false(oci_config_check(&c, &m, &err));
    assert_non_null(strstr(err.message, "3 layers and its configuration 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_is_taken),   cmocka_unit_test(test_config_may_be_bare),
        cmocka_unit_test(test_config_is_refused), cmocka_unit_test(test_config_is_bounded),
        cmocka_unit_test(test_config_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
