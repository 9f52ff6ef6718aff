/* The properties of the host that a template's name depends on. */
#include "vmm/host.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_keep_lasting_first_processor_only(void **state UNUSED)
{
    char text[] =
        "processor\t: 0\nvendor_id\t: X\ncpu MHz\t\t: 2595.1\nmodel name\t: Y\nflags\t\t: a b\n"
        "\nprocessor\t: 1\nflags\t\t: c\n";
    char cut[] = "vendor_id\t: X\nflags\t\t: a";
    char none[] = "";

    keep_lasting(text);
    assert_string_equal(text, "vendor_id\t: X\nmodel name\t: Y\nflags\t\t: a b\n");
    keep_lasting(cut);
    assert_string_equal(cut, "vendor_id\t: X\nflags\t\t: a");
    keep_lasting(none);
    assert_string_equal(none, "");
}

static void test_host_identity_of_this_host(void **state UNUSED)
{
    scoped_free char *first = host_identity(ACCEL_TCG), *again = host_identity(ACCEL_TCG);
    scoped_free char *kvm = host_identity(ACCEL_KVM);
    struct utsname host;

    assert_non_null(strstr(first, "flags\t"));
    assert_string_equal(first, again);
    assert_int_equal(uname(&host), 0);
    assert_true(strlen(kvm) == strlen(first) + strlen(host.release));
    assert_string_equal(kvm + strlen(first), host.release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_lasting_first_processor_only),
        cmocka_unit_test(test_host_identity_of_this_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
