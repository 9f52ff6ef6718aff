/* What servers want, in the forms that they write it. */
#include "engine/fetch/challenge.h"

#include <string.h>

#include "tests/unit/unit.h"
#include "vmm/base/cleanup.h"

static const struct {
    const char *headers[3];
    struct challenge best;
} rows[] = {
    { { "Basic realm=\"basic\"" }, { CHALLENGE_BASIC, "basic", "", "" } },
    { { "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull,push\"" },
      { CHALLENGE_BEARER, "https://a/t", "s", "" } },
    { { "bearer Realm=\"https://a/t\" , SERVICE=s" },
      { CHALLENGE_BEARER, "https://a/t", "s", "" } },
    { { "Basic realm=\"b\", Bearer realm=\"https://a/t\",error=\"insufficient_scope\"" },
      { CHALLENGE_BEARER, "https://a/t", "", "insufficient_scope" } },
    { { "Basic realm=\"b\"", "Bearer realm=\"u\"", "Bearer realm=\"v\"" },
      { CHALLENGE_BEARER, "u", "", "" } },
    { { "Negotiate abc==, Basic realm=\"b\"" }, { CHALLENGE_BASIC, "b", "", "" } },
    { { "Negotiate, Basic" }, { CHALLENGE_BASIC, "", "", "" } },
    { { "Bearer realm=\"a\\\"b\\\\c\"" }, { CHALLENGE_BEARER, "a\"b\\c", "", "" } },
    { { "Bearer service=\"s\"" }, { CHALLENGE_NONE, "", "", "" } }, /* where? */
    { { "Bearer realm=\"u\",realm=\"v\"" }, { CHALLENGE_NONE, "", "", "" } },
    { { "Bearer realm=\"u" }, { CHALLENGE_NONE, "", "", "" } },
    { { "Bearer realm=" }, { CHALLENGE_NONE, "", "", "" } },
    { { "Digest realm=\"x\", nonce=\"y\"" }, { CHALLENGE_NONE, "", "", "" } },
    { { "realm=\"u\"" }, { CHALLENGE_NONE, "", "", "" } },
    { { "" }, { CHALLENGE_NONE, "", "", "" } },
    { { ",,, = \" Basic" }, { CHALLENGE_NONE, "", "", "" } },
};

static void test_challenge_take(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct challenge *wanted = &rows[i].best;
        struct challenge c = { 0 };
        for (size_t k = 0; k < 3 && rows[i].headers[k]; k++)
            challenge_take(rows[i].headers[k], &c);
        if (c.scheme != wanted->scheme || strcmp(c.realm, wanted->realm) != 0 ||
            strcmp(c.service, wanted->service) != 0 || strcmp(c.error, wanted->error) != 0)
            fail_msg("'%s': %d '%s' '%s' '%s'", rows[i].headers[0], (int)c.scheme, c.realm,
                     c.service, c.error);
    }
}

static void test_challenge_take_too_long(void **state)
{
    char header[5000] = "Bearer realm=\"";
    struct challenge c = { 0 };

    (void)state;
    memset(header + strlen(header), 'a', 4000);
    header[4014] = '"';
    challenge_take(header, &c);
    assert_int_equal(c.scheme, CHALLENGE_NONE);
    memset(header, 'a', sizeof(header) - 1);
    challenge_take(header, &c);
    assert_int_equal(c.scheme, CHALLENGE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_challenge_take),
        cmocka_unit_test(test_challenge_take_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
