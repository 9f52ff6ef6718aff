/* Kernels in the cache: which one is taken, by records as they were always written. */
#include "engine/environment/kernel.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state/digest.h"
#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

static char boot[64];

static int set_up(void **state UNUSED)
{
    snprintf(boot, sizeof(boot), "/tmp/pyro-kernel.XXXXXX");
    return mkdtemp(boot) ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
    return fs_remove_tree(AT_FDCWD, boot, NULL) ? 0 : -1;
}

/* A file of the kernel; its digest into ret, unless that is NULL. */
static void write_file(const char *version, const char *name, const char *text, char *ret)
{
    scoped_close int fd = -1;
    scoped_free char *directory = str_printf("%s/kernel-%s", boot, version);
    scoped_free char *path = str_printf("%s/%s", directory, name);

    assert_true(fs_mkdir_p(directory, 0755, NULL));
    assert_true(fs_replace(AT_FDCWD, path, text, strlen(text), 0644, NULL));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(!ret || digest_file(fd, ret, NULL));
}

/* A kernel whose record is of that version of its format. */
static void make_kernel(const char *version, int format)
{
    char kernel[DIGEST_TEXT_BYTES], modules[DIGEST_TEXT_BYTES], record[512];

    write_file(version, KERNEL_FILE, "bzImage", kernel);
    write_file(version, KERNEL_MODULES, "modules", modules);
    snprintf(record, sizeof(record),
             "{\"files\":{\"modules.tree\":\"%s\",\"vmlinuz\":\"%s\"},\"format_version\":%d,"
             "\"kernel_version\":\"%s\",\"package\":\"linux-image-%s\"}",
             modules, kernel, format, version, version);
    write_file(version, "record.json", record, NULL);
}

static void test_kernel_find_takes_the_newest_that_is_whole(void **state UNUSED)
{
    struct kernel k;

    assert_false(kernel_find(boot, &k));
    make_kernel("6.1.0-9-cloud-amd64", 2);
    make_kernel("6.1.0-10-cloud-amd64", 2);
    make_kernel("6.1.0-11-cloud-amd64", 2);
    make_kernel("6.1.0-12-cloud-amd64", 1);
    make_kernel("6.1.0-13-cloud-amd64", 3);
    write_file("6.1.0-11-cloud-amd64", KERNEL_MODULES, "other", NULL);
    write_file("6.1.0-14-cloud-amd64", "record.json", "{\"format_version\":2,\"files\":{}}", NULL);
    write_file("6.1.0-15-cloud-amd64", "record.json", "", NULL);
    assert_true(kernel_find(boot, &k));
    assert_string_equal(k.version, "6.1.0-10-cloud-amd64");
    assert_int_equal(strncmp(k.digest, "xxh3:", 5), 0);
    kernel_release(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kernel_find_takes_the_newest_that_is_whole, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
