/* Installed environments: what opening one notices, and what prune leaves. */
#include "engine/environment/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/catalog.h"
#include "engine/environment/environment_private.h"
#include "engine/state/digest.h"
#include "tests/unit/unit.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define IMAGE_BYTES (4 << 20)
#define DIRECTORY "debian@12-00112233aabbccdd"

static char home[512];

static void write_text(const char *name, const char *text)
{
    scoped_free char *path = str_printf("%s/cache/environments/%s", home, name);

    assert_true(fs_replace(AT_FDCWD, path, text, strlen(text), 0644, NULL));
}

/* A home with debian:12 in it: a sparse image with something at three places, and its record. */
static int setup(void **state)
{
    static const off_t marks[] = { 10, 300000, IMAGE_BYTES - 5 };
    const char *tmp = getenv("TMPDIR");
    scoped_free char *directory = NULL, *image = NULL, *cache = NULL;
    scoped_environment_record record = { 0 };
    scoped_close int fd = -1;

    (void)state;
    snprintf(home, sizeof(home), "%s/pyro-environment-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(home) || setenv("PYRO_HOME", home, 1) != 0)
        return -1;
    unsetenv("PYRO_ENVIRONMENT_CACHE_DIR");
    cache = str_printf("%s/cache/environments", home);
    directory = str_printf("%s/" DIRECTORY, cache);
    image = str_printf("%s/base.ext4", directory);
    if (!fs_mkdir_p(directory, 0755, NULL))
        return -1;
    fd = open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, IMAGE_BYTES) != 0)
        return -1;
    for (size_t n = 0; n < ARRAY_SIZE(marks); n++)
        if (pwrite(fd, "mark", 4, marks[n]) != 4)
            return -1;
    record.directory = str_printf(DIRECTORY);
    record.source = str_printf("debian-packages");
    return environment_measure(image, &record.image, NULL) &&
                   environment_record_save(cache, "debian:12", &record, NULL)
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    return fs_remove_tree(AT_FDCWD, home, NULL) ? 0 : -1;
}

static int open_image(void)
{
    scoped_free char *path = str_printf("%s/cache/environments/" DIRECTORY "/base.ext4", home);

    return open(path, O_RDWR | O_CLOEXEC);
}

static void assert_broken(enum pyro_code code)
{
    struct pyro_error err = { 0 };
    struct environment e;

    assert_false(environment_open("debian:12", &e, &err));
    assert_int_equal(err.code, code);
    assert_true(err.hint[0] != '\0');
}

static void test_environment_open(void **state)
{
    struct pyro_error err = { 0 };
    struct environment e;

    (void)state;
    assert_true(environment_open("debian:12", &e, &err));
    assert_string_equal(e.name, "debian:12");
    assert_int_equal(e.image_bytes, IMAGE_BYTES);
    assert_int_equal(access(e.base_path, R_OK), 0);
    assert_true(environment_check(&e, &err));
    environment_release(&e);
    assert_false(environment_open("debian:12-base", &e, &err));
    assert_int_equal(err.code, PYRO_ENVIRONMENT_NOT_FOUND);
    assert_int_equal(err.sys_errno, ENOENT);
}

static void test_environment_open_damaged_image(void **state)
{
    static const off_t places[] = { 10, 300001, 2000000, IMAGE_BYTES - 5 };
    struct pyro_error err = { 0 };
    struct environment e;

    (void)state;
    for (size_t n = 0; n < ARRAY_SIZE(places); n++) {
        scoped_close int fd = open_image();
        char was;
        assert_int_equal(pread(fd, &was, 1, places[n]), 1);
        assert_int_equal(pwrite(fd, "?", 1, places[n]), 1);
        assert_broken(PYRO_ENVIRONMENT_BROKEN);
        /* Whole again, though touched: a restored backup is not damage. */
        assert_int_equal(pwrite(fd, &was, 1, places[n]), 1);
        assert_true(environment_open("debian:12", &e, &err));
        environment_release(&e);
    }
}

static void test_environment_open_cut_image(void **state)
{
    scoped_close int fd = open_image();
    scoped_free char *path = str_printf("%s/cache/environments/" DIRECTORY "/base.ext4", home);

    (void)state;
    assert_int_equal(ftruncate(fd, IMAGE_BYTES - 1), 0);
    assert_broken(PYRO_ENVIRONMENT_BROKEN);
    assert_int_equal(unlink(path), 0);
    assert_broken(PYRO_ENVIRONMENT_BROKEN);
}

/* Changes a byte of the image so that nothing tells of it: as a crash leaves a block that was not
 * written yet. */
static void lose_a_block(off_t place)
{
    scoped_close int fd = open_image();
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pwrite(fd, "?", 1, place), 1);
    assert_int_equal(futimens(fd, (struct timespec[]){ st.st_atim, st.st_mtim }), 0);
}

static void set_written_in(const char *boot, double installed_at)
{
    scoped_free char *cache = str_printf("%s/cache/environments", home);
    scoped_environment_record record = { 0 };

    assert_true(environment_record_load(cache, "debian:12", &record, NULL));
    assert_null(record.image.written_in);
    record.image.written_in = str_printf("%s", boot);
    record.installed_at = installed_at;
    assert_true(environment_record_save(cache, "debian:12", &record, NULL));
}

/* Once it is on the disk, or was read in a later boot. */
static bool is_settled(void)
{
    scoped_free char *cache = str_printf("%s/cache/environments", home);
    scoped_environment_record record = { 0 };

    assert_true(environment_record_load(cache, "debian:12", &record, NULL));
    return !record.image.written_in;
}

static void open_it(void)
{
    struct pyro_error err = { 0 };
    struct environment e;

    assert_true(environment_open("debian:12", &e, &err));
    environment_release(&e);
}

static void test_environment_open_after_a_crash(void **state UNUSED)
{
    char boot[PROC_BOOT_ID_SIZE];

    assert_true(proc_boot_id(boot));
    set_written_in(boot, clock_wall());
    open_it();
    assert_false(is_settled()); /* it may not be on the disk yet */
    assert_true(environment_settle("debian:12", NULL));
    assert_true(is_settled());

    set_written_in(boot, clock_wall() - 3600);
    open_it();
    assert_true(is_settled());

    set_written_in("of another boot", clock_wall());
    open_it();
    assert_true(is_settled());
    lose_a_block(2000000);
    open_it(); /* nobody reads all of it each time … */
    set_written_in("of another boot", clock_wall());
    assert_broken(PYRO_ENVIRONMENT_BROKEN); /* … but after a crash */
    assert_false(is_settled());
}

/* What a pull under way installs is its to settle. */
static void test_environment_settle_during_pull(void **state UNUSED)
{
    scoped_free char *cache = str_printf("%s/cache/environments", home);
    scoped_close int lock = environment_lock(cache, "debian@12", NULL, NULL);

    assert_true(lock >= 0);
    set_written_in("of another boot", clock_wall());
    assert_true(environment_settle("debian:12", NULL));
    assert_false(is_settled());
}

static void test_environment_open_bad_record(void **state)
{
    static const struct record_row {
        const char *text;
        enum pyro_code code;
    } rows[] = {
        { "", PYRO_ENVIRONMENT_BROKEN },
        { "garbage", PYRO_ENVIRONMENT_BROKEN },
        { "{}", PYRO_ENVIRONMENT_BROKEN },
        { "[1]", PYRO_ENVIRONMENT_BROKEN },
        { "{\"format_version\": 1}", PYRO_ENVIRONMENT_BROKEN },
        { "{\"format_version\": 1, \"directory\": \"../../etc\", \"image\": {\"digest\": \"x\"}}",
          PYRO_ENVIRONMENT_BROKEN },
        { "{\"format_version\": 1, \"directory\": \"x\", \"image\": {}}", PYRO_ENVIRONMENT_BROKEN },
        { "{\"format_version\": 99, \"directory\": \"x\"}", PYRO_RECORD_INVALID },
    };

    (void)state;
    for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
        write_text("debian@12.json", rows[n].text);
        assert_broken(rows[n].code);
    }
}

/* As the first version wrote it, byte for byte. */
static void test_environment_record_of_the_first_version(void **state UNUSED)
{
    static const char text[] =
        "{\"catalog_version\":\"0.1.0\",\"directory\":\"debian@12-00112233aabbccdd\","
        "\"format_version\":1,\"image\":{\"digest\":\"xxh3:a0be49a7dda26864c47549c4d188919b\","
        "\"head_digest\":\"xxh3:0f6fb75185c7b81e9f58ee519100f136\",\"image_bytes\":10737418240,"
        "\"size_bytes\":419430400,\"state\":{\"inode\":5522274,\"mtime\":-1,\"mtime_ns\":"
        "187901569,\"size\":10737418240}},\"installed_at\":1795892790.5,\"name\":\"debian:12\","
        "\"packages\":[\"git\",\"ca-certificates\"],\"source\":\"debian-packages\"}";
    scoped_free char *cache = str_printf("%s/cache/environments", home);
    scoped_free char *path = str_printf("%s/debian@12.json", cache);
    scoped_environment_record r = { 0 };
    scoped_buf again = BUF_INIT(65536);

    write_text("debian@12.json", text);
    assert_true(environment_record_load(cache, "debian:12", &r, NULL));
    assert_string_equal(r.directory, DIRECTORY);
    assert_string_equal(r.image.digest, "xxh3:a0be49a7dda26864c47549c4d188919b");
    assert_int_equal(r.image.state.inode, 5522274);
    assert_int_equal(r.image.state.mtime, -1);
    assert_int_equal(r.image.image_bytes, 10737418240);
    assert_int_equal(json_array_size(r.packages), 2);
    assert_true(environment_record_save(cache, "debian:12", &r, NULL));
    assert_true(fs_read_file(AT_FDCWD, path, &again, NULL));
    assert_int_equal(again.len, strlen(text));
    assert_memory_equal(again.data, text, again.len);
}

static bool is_there(const char *name)
{
    scoped_free char *path = str_printf("%s/cache/%s", home, name);

    return access(path, F_OK) == 0;
}

static void test_environment_prune_keeps_what_is_used(void **state)
{
    scoped_free char *base = str_printf("%s/cache/environments/" DIRECTORY "/base.ext4", home);
    scoped_free char *old = str_printf("%s/cache/environments/debian@12-ffffffffffffffff", home);
    scoped_free char *pull = str_printf("%s/cache/environments/pull-debian@12/tmp/x", home);
    scoped_free char *kernel = str_printf("%s/cache/boot/kernel-1/vmlinuz", home);
    scoped_free char *unused = str_printf("%s/cache/boot/kernel-2/vmlinuz", home);
    scoped_free char *foreign = str_printf("%s/cache/environments/notes", home);
    const char *used[] = { base, kernel };
    struct pyro_error err = { 0 };
    json_t *result;

    (void)state;
    assert_true(fs_mkdir_p(old, 0755, NULL) && fs_mkdir_p(pull, 0755, NULL) &&
                fs_mkdir_p(kernel, 0755, NULL) && fs_mkdir_p(unused, 0755, NULL) &&
                fs_mkdir_p(foreign, 0755, NULL));
    result = environment_prune(used, ARRAY_SIZE(used), true, &err);
    assert_int_equal(json_array_size(json_object_get(result, "removed")), 3);
    json_decref(result);
    assert_true(is_there("environments/debian@12-ffffffffffffffff") && is_there("boot/kernel-2"));
    result = environment_prune(used, ARRAY_SIZE(used), false, &err);
    assert_non_null(result);
    assert_int_equal(json_array_size(json_object_get(result, "removed")), 3);
    json_decref(result);
    assert_true(is_there("environments/" DIRECTORY "/base.ext4"));
    assert_true(is_there("environments/debian@12.json"));
    assert_true(is_there("environments/notes"));
    assert_true(is_there("boot/kernel-1/vmlinuz"));
    assert_false(is_there("environments/debian@12-ffffffffffffffff"));
    assert_false(is_there("environments/pull-debian@12"));
    assert_false(is_there("boot/kernel-2"));
}

static void test_environment_prune_all(void **state)
{
    struct pyro_error err = { 0 };
    json_t *result = environment_prune(NULL, 0, false, &err);

    (void)state;
    assert_non_null(result);
    assert_true(json_int_or(result, "freed_bytes", 0) > 0);
    json_decref(result);
    assert_false(is_there("environments/" DIRECTORY));
    assert_false(is_there("environments/debian@12.json"));
}

/* An environment that is being pulled is left alone. */
static void test_environment_prune_during_pull(void **state)
{
    scoped_free char *cache = str_printf("%s/cache/environments", home);
    scoped_close int lock = environment_lock(cache, "debian@12", NULL, NULL);
    json_t *result = environment_prune(NULL, 0, false, NULL);

    (void)state;
    assert_true(lock >= 0);
    assert_non_null(result);
    json_decref(result);
    assert_true(is_there("environments/" DIRECTORY "/base.ext4"));
}

static void test_catalog_find_unknown(void **state)
{
    struct pyro_error err = { 0 };

    (void)state;
    assert_non_null(catalog_find("debian:12-build", &err));
    assert_null(catalog_find("debian:99", &err));
    assert_int_equal(err.code, PYRO_ENVIRONMENT_NOT_FOUND);
    assert_non_null(strstr(err.hint, "'debian:12'"));
    assert_null(catalog_find("alpine", &err));
    assert_string_equal(err.hint, "");
    assert_null(catalog_find("", &err));
}

/* Holes and written zeros are the same content. */
static void test_digest_file_sparse(void **state)
{
    static char zeros[200000];
    char sparse[DIGEST_TEXT_BYTES], full[DIGEST_TEXT_BYTES], longer[DIGEST_TEXT_BYTES];
    scoped_close int fd = open_image();

    (void)state;
    assert_true(digest_file(fd, sparse, NULL));
    assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 1000000), sizeof(zeros));
    assert_true(digest_file(fd, full, NULL));
    assert_string_equal(sparse, full);
    assert_int_equal(ftruncate(fd, IMAGE_BYTES + 1), 0);
    assert_true(digest_file(fd, longer, NULL));
    assert_string_not_equal(sparse, longer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_environment_open),
        TEST(test_environment_open_damaged_image),
        TEST(test_environment_open_cut_image),
        TEST(test_environment_open_after_a_crash),
        TEST(test_environment_settle_during_pull),
        TEST(test_environment_open_bad_record),
        TEST(test_environment_record_of_the_first_version),
        TEST(test_environment_prune_keeps_what_is_used),
        TEST(test_environment_prune_all),
        TEST(test_environment_prune_during_pull),
        TEST(test_catalog_find_unknown),
        TEST(test_digest_file_sparse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
