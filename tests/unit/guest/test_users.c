/* tests/unit/guest/test_users.c: users of an image by its own passwd and group. */
#include "tests/unit/unit.h"

#include <string.h>

#include "guest/users.h"
#include "vmm/base/buf.h"

#define PASSWD                                                                                     \
    "# comment\nroot:x:0:0:root:/root:/bin/ash\nshort:x:5\nbad:x:12a:5::/:/bin/sh\n"               \
    "many:x:1:1:::/:x:y\napp:x:1000:1001:App:/home/app:/bin/sh\nlast:x:4294967295:1::/:/bin/sh"
#define GROUP "root:x:0:\napp:x:1001:\nvideo:x:44:root,app\nwheel:x:10:app\nbad:x:z:app\n"

static bool find(const char *text, struct guest_user *ret, struct pyro_error *err)
{
    char passwd[] = PASSWD, group[] = GROUP;

    return user_find_in(text, passwd, group, ret, err);
}

static void test_user_find_by_each_form(void **state UNUSED)
{
    static const struct {
        const char *text, *name, *home, *shell;
        uid_t uid;
        gid_t gid;
        size_t groups;
    } rows[] = {
        { "app", "app", "/home/app", "/bin/sh", 1000, 1001, 2 },
        { "1000", "app", "/home/app", "/bin/sh", 1000, 1001, 2 },
        { "app:wheel", "app", "/home/app", "/bin/sh", 1000, 10, 0 },
        { "app:7", "app", "/home/app", "/bin/sh", 1000, 7, 0 },
        { "0", "root", "/root", "/bin/ash", 0, 0, 1 },
        { "77", "", "/", "", 77, 0, 0 },
        { "77:video", "", "/", "", 77, 44, 0 },
        { "77:78", "", "/", "", 77, 78, 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct guest_user u;
        struct pyro_error err = { 0 };
        assert_true(find(rows[i].text, &u, &err));
        assert_int_equal(u.uid, rows[i].uid);
        assert_int_equal(u.gid, rows[i].gid);
        assert_string_equal(u.name, rows[i].name);
        assert_string_equal(u.home, rows[i].home);
        assert_string_equal(u.shell, rows[i].shell);
        assert_int_equal(u.group_count, rows[i].groups);
    }
}

static void test_user_find_refuses(void **state UNUSED)
{
    static const char *const texts[] = {
        "",   ":",    "app:",  ":0",     "nobody",         "bad",   "many", "last", "app:none",
        "-1", "0x10", "short", "app:-1", "99999999999999", "app::1"
    };
    struct guest_user u;

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct pyro_error err = { 0 };
        assert_false(find(texts[i], &u, &err));
        assert_int_equal(err.code, PYRO_GUEST_ERROR);
    }
}

static void test_user_find_without_files(void **state UNUSED)
{
    struct guest_user u;

    assert_true(user_find_in("5:6", NULL, NULL, &u, NULL));
    assert_int_equal(u.uid, 5);
    assert_int_equal(u.gid, 6);
    assert_false(user_find_in("app", NULL, NULL, &u, NULL));
}

static void test_user_find_takes_no_more_groups_than_fit(void **state UNUSED)
{
    scoped_buf group = BUF_INIT(1 << 20);
    char passwd[] = PASSWD;
    struct guest_user u;

    for (int i = 0; i < 2 * USERS_GROUPS_MAX; i++)
        assert_true(buf_printf(&group, "g%d:x:%d:app\n", i, i + 2));
    assert_true(user_find_in("app", passwd, group.data, &u, NULL));
    assert_int_equal(u.group_count, USERS_GROUPS_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user_find_by_each_form),
        cmocka_unit_test(test_user_find_refuses),
        cmocka_unit_test(test_user_find_without_files),
        cmocka_unit_test(test_user_find_takes_no_more_groups_than_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
