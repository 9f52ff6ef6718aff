/*
 * KVM's verdict: what is remembered, and what the environment overrides.
 * run: first
 */
#include "vmm/accel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"

static char dir[64];
static int test_fd;

static int set_up(void **state)
{
    (void)state;
    unsetenv("PYRO_ACCEL");
    unsetenv("PYRO_REQUIRE_KVM");
    snprintf(dir, sizeof(dir), "/tmp/pyro-accel.XXXXXX");
    assert_non_null(mkdtemp(dir));
    test_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return test_fd < 0;
}

static int tear_down(void **state)
{
    struct pyro_error err;

    (void)state;
    close(test_fd);
    unsetenv("PYRO_ACCEL");
    unsetenv("PYRO_REQUIRE_KVM");
    assert_true(fs_remove_tree(AT_FDCWD, dir, &err));
    return 0;
}

static struct accel_verdict judge(const char *version)
{
    struct pyro_error err = { 0 };
    struct accel_verdict v;

    assert_true(accel_judge(dir, version, &v, &err));
    return v;
}

static void test_judge_is_consistent(void **state)
{
    struct accel_verdict v = judge("1");

    (void)state;
    assert_int_equal(v.exists, access("/dev/kvm", F_OK) == 0);
    assert_int_equal(v.writable, access("/dev/kvm", W_OK) == 0);
    assert_true(!v.usable || (v.readable && v.writable));
    assert_int_equal(v.usable, v.reason[0] == '\0');
    assert_false(v.proven);
}

static void test_record_holds_for_its_qemu_only(void **state)
{
    struct accel_verdict v;

    (void)state;
    if (!judge("1").writable)
        return; /* nothing is recorded about a device that cannot be opened */
    accel_record_failure(dir, "1", "guests hang", true);
    v = judge("1");
    assert_false(v.usable);
    assert_string_equal(v.reason, "guests hang");
    assert_string_not_equal(judge("2").reason, "guests hang"); /* probed again … */
    accel_record_boot(dir, "1");
    v = judge("1");
    assert_true(v.usable && v.proven);
    assert_false(judge("2").proven);
}

/* What may be chance is kept as a doubt, and forgotten when a machine boots. */
static void test_two_doubts_in_a_row_are_a_verdict(void **state)
{
    (void)state;
    if (access("/dev/kvm", R_OK | W_OK) != 0)
        return;
    accel_record_boot(dir, "1");
    accel_record_failure(dir, "1", "silent", false);
    assert_true(judge("1").usable);
    assert_false(judge("1").proven);
    accel_record_boot(dir, "1");
    accel_record_failure(dir, "1", "silent", false);
    assert_true(judge("1").usable);
    accel_record_failure(dir, "1", "silent again", false);
    assert_false(judge("1").usable);
    assert_string_equal(judge("1").reason, "silent again");
}

/* A caller that wants a fresh verdict has the old one forgotten; doubts are not. */
static void test_try_again(void **state)
{
    (void)state;
    accel_try_again(dir); /* nothing is there */
    if (access("/dev/kvm", R_OK | W_OK) != 0)
        return;
    accel_record_boot(dir, "1");
    accel_try_again(dir);
    assert_true(judge("1").proven);
    accel_record_failure(dir, "1", "crashed", true);
    accel_try_again(dir);
    assert_string_not_equal(judge("1").reason, "crashed");
    accel_record_boot(dir, "1");
    for (int i = 0; i < 2; i++)
        accel_record_failure(dir, "1", "silent", false);
    accel_try_again(dir);
    assert_true(judge("1").usable);
    accel_record_failure(dir, "1", "silent", false);
    assert_false(judge("1").usable);
}

static void test_may_emulate(void **state)
{
    struct pyro_error err = { 0 };

    (void)state;
    assert_true(accel_may_emulate("it hangs", &err));
    setenv("PYRO_ACCEL", "kvm", 1);
    assert_false(accel_may_emulate("it hangs", &err));
    assert_int_equal(err.code, PYRO_OK);
    setenv("PYRO_REQUIRE_KVM", "1", 1);
    assert_false(accel_may_emulate("it hangs", &err));
    assert_int_equal(err.code, PYRO_KVM_REQUIRED);
    assert_non_null(strstr(err.message, "it hangs"));
}

static void test_damaged_record_is_no_verdict(void **state)
{
    static const char *const damages[] = {
        "", "{", "[]", "{\"usable\": 1}", "{\"for\": null}", "{\"for\": 1, \"usable\": true}"
    };
    struct accel_verdict wanted = judge("1");
    struct pyro_error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        assert_true(fs_replace(test_fd, "accel.json", damages[i], strlen(damages[i]), 0600, &err));
        assert_int_equal(judge("1").usable, wanted.usable);
    }
}

/* As versions wrote it that did not count doubts, too. */
static void test_record_of_an_older_version_is_read(void **state)
{
    static const char *const doubts[] = { "", "\"doubts\": 0, " };
    char boot_id[37] = "", text[512];
    scoped_buf id = BUF_INIT(64);
    struct stat st;

    (void)state;
    if (!judge("7").writable || stat("/dev/kvm", &st) != 0)
        return;
    assert_true(fs_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &id, NULL));
    memcpy(boot_id, id.data, 36);
    for (size_t i = 0; i < ARRAY_SIZE(doubts); i++) {
        snprintf(text, sizeof(text),
                 "{\"for\": {\"boot_id\": \"%s\", \"changed\": %lld, \"device\": %lld, "
                 "\"qemu\": \"7\"}, %s\"proven\": false, \"reason\": \"QEMU was killed\", "
                 "\"usable\": false}",
                 boot_id, (long long)st.st_ctim.tv_sec, (long long)st.st_rdev, doubts[i]);
        assert_true(fs_replace(test_fd, "accel.json", text, strlen(text), 0600, NULL));
        assert_string_equal(judge("7").reason, "QEMU was killed");
        assert_false(judge("7").usable);
    }
}

static void test_choose_obeys_the_environment(void **state)
{
    struct accel_verdict v = judge("1");
    struct pyro_error err = { 0 };
    enum accel_kind kind;

    (void)state;
    assert_true(accel_choose(dir, "1", &kind, NULL, &err));
    assert_int_equal(kind, v.usable ? ACCEL_KVM : ACCEL_TCG);
    setenv("PYRO_ACCEL", "tcg", 1);
    assert_true(accel_choose(dir, "1", &kind, NULL, &err));
    assert_int_equal(kind, ACCEL_TCG);
    setenv("PYRO_REQUIRE_KVM", "1", 1);
    assert_false(accel_choose(dir, "1", &kind, NULL, &err));
    assert_int_equal(err.code, PYRO_KVM_REQUIRED);
    unsetenv("PYRO_ACCEL");
    assert_int_equal(accel_choose(dir, "1", &kind, NULL, &err), v.usable);
    setenv("PYRO_ACCEL", "kvm", 1);
    assert_int_equal(accel_choose(dir, "1", &kind, NULL, &err), v.writable);
    if (v.writable)
        assert_int_equal(kind, ACCEL_KVM);
    /* A forced choice is not a verdict. */
    accel_record_failure(dir, "1", "forced", true);
    assert_string_not_equal(judge("1").reason, "forced");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_judge_is_consistent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_holds_for_its_qemu_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_doubts_in_a_row_are_a_verdict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_try_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_may_emulate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_record_is_no_verdict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_of_an_older_version_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_choose_obeys_the_environment, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
