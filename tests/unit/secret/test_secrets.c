/* engine/secret: what is taken for a secret, how it is kept, and how it is taken out of values. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/secret/hide.h"
#include "engine/secret/secrets.h"
#include "vmm/base/fs.h"

static char dir_path[] = "/tmp/pyro-secrets.XXXXXX";
static int dir_fd;

static void test_names(void **state UNUSED)
{
    static const char longest[] =
        "A234567890123456789012345678901234567890123456789012345678901234";
    static const struct {
        const char *name;
        bool valid;
    } rows[] = {
        { "A", true },    { "_", true },         { "a_9", true },   { longest, true },
        { "", false },    { "9", false },        { "A-B", false },  { "A.B", false },
        { "A B", false }, { "\xc3\xa4", false }, { "../x", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(secret_name_is_valid(rows[i].name, strlen(rows[i].name)), rows[i].valid);
    assert_int_equal(strlen(longest), SECRET_NAME_MAX);
    assert_false(secret_name_is_valid("A23456789012345678901234567890123456789012345678901234567890"
                                      "12345",
                                      SECRET_NAME_MAX + 1));
}

static void test_literals(void **state UNUSED)
{
    static const struct {
        const char *spec, *error; /* NULL: taken */
    } rows[] = {
        { "A=x", NULL },
        { "B=a=b", NULL },
        { "C= ", NULL },
        { "D=\n", "is empty" },
        { "D=", "is empty" },
        { "D", "no '='" },
        { "=x", "not a valid name" },
        { "1=x", "not a valid name" },
        { "D=\xff", "not UTF-8" },
        { "A=y", "given twice" },
    };
    struct secrets s = { .count = 0 };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pyro_error err = { 0 };
        assert_int_equal(secrets_add_literal(&s, rows[i].spec, &err), !rows[i].error);
        if (rows[i].error)
            assert_non_null(strstr(err.message, rows[i].error));
    }
    assert_int_equal(s.count, 3);
    secrets_release(&s);
    secrets_release(&s);
}

static void test_bounds(void **state UNUSED)
{
    static char spec[SECRET_BYTES_MAX + 16];
    struct secrets s = { .count = 0 };
    struct pyro_error err = { 0 };
    char small[16];

    memset(spec, 'x', sizeof(spec));
    memcpy(spec, "A=", 2);
    spec[2 + SECRET_BYTES_MAX] = '\0';
    for (int i = 0; i < SECRETS_BYTES_MAX / SECRET_BYTES_MAX; i++, spec[0]++)
        assert_true(secrets_add_literal(&s, spec, &err));
    assert_false(secrets_add_literal(&s, "Z=x", &err));
    assert_non_null(strstr(err.message, "together"));
    secrets_release(&s);
    spec[2 + SECRET_BYTES_MAX] = 'x';
    spec[3 + SECRET_BYTES_MAX] = '\0';
    assert_false(secrets_add_literal(&s, spec, &err));
    assert_non_null(strstr(err.message, "over 32 KiB"));
    for (int i = 0; i <= SECRETS_MAX; i++) {
        snprintf(small, sizeof(small), "N%d=v%d", i, i);
        assert_int_equal(secrets_add_literal(&s, small, &err), i < SECRETS_MAX);
    }
    assert_non_null(strstr(err.message, "more than"));
    secrets_release(&s);
}

static void test_stored_and_loaded(void **state UNUSED)
{
    struct secrets s = { .count = 0 }, again = { .count = 0 };
    scoped_json json_t *described = NULL, *copy = NULL, *values = NULL, *env = json_object();
    scoped_json json_t *wanted = NULL;
    struct pyro_error err = { 0 };
    struct stat st;

    assert_true(secrets_add_env(&wanted, "A", NULL) && secrets_add_env(&wanted, "B=OTHER", NULL));
    assert_true(secrets_load(dir_fd, &again, &err));
    assert_int_equal(again.count, 0);
    assert_true(secrets_add_literal(&s, "A=one\ntwo\r\n", &err));
    assert_true(secrets_add_literal(&s, "B=beta", &err));
    described = secrets_describe(&s);
    copy = secrets_described(described);
    assert_true(json_equal(described, copy));
    assert_null(secrets_described(NULL));
    assert_true(secrets_store(&s, dir_fd, &err));
    assert_int_equal(fstatat(dir_fd, SECRETS_DIR, &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(fstatat(dir_fd, SECRETS_DIR "/A", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    secrets_release(&s);
    assert_true(secrets_load(dir_fd, &again, &err));
    assert_int_equal(again.count, 2);
    values = secrets_to_json(&again, described, &err);
    assert_string_equal(json_string_or(values, "A", ""), "one\ntwo\r\n");
    /* A file's final newline is not part of a variable. */
    assert_true(secrets_set_env(&again, wanted, env, &err));
    assert_string_equal(json_string_or(env, "A", ""), "one\ntwo");
    assert_string_equal(json_string_or(env, "OTHER", ""), "beta");
    assert_int_equal(unlinkat(dir_fd, SECRETS_DIR "/B", 0), 0);
    secrets_release(&again);
    assert_true(secrets_load(dir_fd, &again, &err));
    assert_null(secrets_to_json(&again, described, &err));
    assert_int_equal(err.code, PYRO_SECRET_NOT_FOUND);
    assert_false(secrets_set_env(&again, wanted, env, &err));
    secrets_release(&again);
}

static bool hides(int fd, const char *text)
{
    struct pyro_error err = { 0 };
    scoped_redactor *r = NULL;
    scoped_free char *shown = NULL;

    assert_true(secrets_redactor_of(fd, &r, &err));
    shown = hide_in_text(r, text, false);
    return !strcmp(shown, "[REDACTED]");
}

static void fork_into(int from_fd, int to_fd, const char *spec)
{
    struct secrets given = { .count = 0 }, s, replaced;
    struct pyro_error err = { 0 };

    assert_true(secrets_add_literal(&given, spec, &err));
    assert_true(secrets_fork(&given, from_fd, &s, &replaced, &err));
    assert_true(secrets_store(&s, to_fd, &err));
    assert_true(secrets_store_replaced(&replaced, to_fd, &err));
    secrets_release(&given);
    secrets_release(&s);
    secrets_release(&replaced);
}

/* Each generation hides what the ones before it had. */
static void test_forks(void **state UNUSED)
{
    static const char *const values[] = { "of-the-first", "kept-by-all", "of-the-second",
                                          "of-the-third" };
    struct secrets first = { .count = 0 }, found;
    struct pyro_error err = { 0 };
    int fds[3];

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        scoped_free char *name = str_printf("fork%zu", i);
        assert_int_equal(mkdirat(dir_fd, name, 0700), 0);
        fds[i] = openat(dir_fd, name, O_DIRECTORY | O_CLOEXEC);
    }
    assert_true(secrets_add_literal(&first, "A=of-the-first", &err));
    assert_true(secrets_add_literal(&first, "B=kept-by-all", &err));
    assert_true(secrets_store(&first, fds[0], &err));
    secrets_release(&first);
    fork_into(fds[0], fds[1], "A=of-the-second");
    fork_into(fds[1], fds[2], "A=of-the-third");
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        assert_true(hides(fds[2], values[i]));
    assert_true(hides(fds[1], values[0]) && hides(fds[1], values[2]));
    assert_false(hides(fds[1], values[3]));
    assert_false(hides(fds[0], values[2]));
    assert_true(secrets_load(fds[2], &found, &err));
    assert_int_equal(found.count, 2);
    secrets_release(&found);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
}

/* A value more than there is room for. */
static void test_forks_have_a_last(void **state UNUSED)
{
    struct secrets given = { .count = 0 }, s, replaced;
    struct pyro_error err = { 0 };
    int fd, i;

    assert_int_equal(mkdirat(dir_fd, "many", 0700), 0);
    fd = openat(dir_fd, "many", O_DIRECTORY | O_CLOEXEC);
    for (i = 0; i <= SECRETS_MAX + 1; i++) {
        scoped_free char *spec = str_printf("A=value-%d", i);
        bool ok = secrets_add_literal(&given, spec, &err) &&
                  secrets_fork(&given, fd, &s, &replaced, &err);
        secrets_release(&given);
        if (!ok)
            break;
        assert_true(secrets_store(&s, fd, &err) && secrets_store_replaced(&replaced, fd, &err));
        secrets_release(&s);
        secrets_release(&replaced);
    }
    assert_int_equal(i, SECRETS_MAX + 1);
    assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
    assert_true(hides(fd, "value-0") && hides(fd, "value-64"));
    close(fd);
}

static void test_variables_that_are_asked_for(void **state UNUSED)
{
    static const char *const bad[] = { "", "=", "A=", "=A", "9", "A=9", "A=B=C", "A B" };
    scoped_json json_t *wanted = NULL;
    struct pyro_error err = { 0 };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(secrets_add_env(&wanted, bad[i], &err));
    assert_null(wanted);
    assert_true(secrets_add_env(&wanted, "A", &err));
    assert_false(secrets_add_env(&wanted, "B=A", &err));
    assert_non_null(strstr(err.message, "given twice"));
}

static void test_hiding(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct buf value = BUF_INIT(64);
    scoped_redactor *r = NULL;
    scoped_json json_t *j = json_pack("{s:s, s:[s, i, {s:s}], s:n}", "a", "x hunter2 y", "b",
                                      "hunter2", 3, "hunter2", "no", "c");
    scoped_json json_t *wanted = json_pack("{s:s, s:[s, i, {s:s}], s:n}", "a", "x [REDACTED] y",
                                           "b", "[REDACTED]", 3, "hunter2", "no", "c");
    scoped_free char *text = NULL;
    char long_text[1024];

    assert_true(buf_append_str(&value, "hunter2"));
    r = redactor_new(&value, 1);
    buf_release(&value);
    hide_in_json(r, j);
    assert_true(json_equal(j, wanted));
    hide_in_json(r, NULL);
    text = hide_in_text(r, "ahunter2", false);
    assert_string_equal(text, "a[REDACTED]");
    pyro_fail(&err, PYRO_IO, "hunter2");
    pyro_hint(&err, "say hunter2");
    hide_in_error(r, &err);
    assert_string_equal(err.message, "[REDACTED]");
    assert_string_equal(err.hint, "say [REDACTED]");
    /* A message that its room has cut inside of a value. */
    memset(long_text, 'x', sizeof(long_text));
    memcpy(long_text + sizeof(err.message) - 6, "hunter2", 8);
    pyro_fail(&err, PYRO_IO, "%s", long_text);
    hide_in_error(r, &err);
    assert_null(strstr(err.message, "hu"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_stored_and_loaded),
        cmocka_unit_test(test_forks),
        cmocka_unit_test(test_forks_have_a_last),
        cmocka_unit_test(test_variables_that_are_asked_for),
        cmocka_unit_test(test_hiding),
    };
    int failed;

    if (!mkdtemp(dir_path) || (dir_fd = open(dir_path, O_DIRECTORY | O_CLOEXEC)) < 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return fs_remove_tree(AT_FDCWD, dir_path, NULL) ? failed : 1;
}
