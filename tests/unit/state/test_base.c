/* Base images kept beside the workspaces: linked or copied, found by what they hold, pruned by use.
 */
#include "engine/state/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/environment.h"
#include "engine/state/digest.h"
#include "engine/state/paths.h"
#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

#define IMAGE_BYTES (8 << 20)

static char home[512], image[600];
static char digest[DIGEST_TEXT_BYTES];

/* A sparse image with something at two places. */
static void make_image(const char *path, const char *mark)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, IMAGE_BYTES), 0);
    assert_int_equal(pwrite(fd, mark, 4, 10), 4);
    assert_int_equal(pwrite(fd, mark, 4, IMAGE_BYTES - 4), 4);
    assert_true(digest_file(fd, digest, NULL));
    close(fd);
}

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(home, sizeof(home), "%s/pyro-base-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(home) || setenv("PYRO_HOME", home, 1) != 0)
        return -1;
    snprintf(image, sizeof(image), "%s/image", home);
    make_image(image, "mark");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fs_remove_tree(AT_FDCWD, home, NULL) ? 0 : -1;
}

static bool count_one(void *arg, const char *path UNUSED)
{
    ++*(int *)arg;
    return true;
}

static int kept_count(void)
{
    int count = 0;

    assert_true(base_each(count_one, &count, NULL));
    return count;
}

static char *keep(void)
{
    struct pyro_error err = { 0 };
    char *kept = base_keep(image, digest, &err);

    if (!kept)
        fail_msg("%s", err.message);
    return kept;
}

static void test_keep_links(void **state)
{
    struct stat a, b;

    (void)state;
    for (int i = 0; i < 3; i++) {
        scoped_free char *kept = keep(), *path = base_path_of(digest, NULL);
        assert_string_equal(kept, path);
        assert_int_equal(stat(image, &a), 0);
        assert_int_equal(stat(kept, &b), 0);
        assert_true(a.st_ino == b.st_ino);
        assert_int_equal(b.st_mode & 07777, 0444);
        assert_int_equal(b.st_nlink, 2);
    }
    assert_int_equal(kept_count(), 1);
}

/* Another file with the same content, checked like the first: the kept one becomes that one. */
static void test_keep_replaces_by_rename(void **state)
{
    scoped_free char *kept = keep(), *again = NULL;
    scoped_close int open_fd = open(kept, O_RDONLY | O_CLOEXEC);
    struct stat was, now;
    char got[4];

    (void)state;
    assert_int_equal(unlink(image), 0);
    make_image(image, "mark");
    again = keep();
    assert_string_equal(kept, again);
    assert_int_equal(fstat(open_fd, &was), 0);
    assert_int_equal(stat(kept, &now), 0);
    assert_true(was.st_ino != now.st_ino);
    assert_int_equal(pread(open_fd, got, 4, 10),
                     4); /* a process that has the old one open keeps it */
    assert_memory_equal(got, "mark", 4);
    assert_int_equal(kept_count(), 1);
}

static void test_keep_copies_to_another_file_system(void **state)
{
    char elsewhere[] = "/dev/shm/pyro-base-XXXXXX", found[DIGEST_TEXT_BYTES];
    int fd = mkstemp(elsewhere);
    struct stat a, b;

    (void)state;
    if (fd < 0 || fstat(fd, &a) != 0 || stat(home, &b) != 0 || a.st_dev == b.st_dev)
        skip();
    close(fd);
    make_image(elsewhere, "copy");
    for (int i = 0; i < 2; i++) {
        scoped_free char *kept = base_keep(elsewhere, digest, NULL);
        scoped_close int kept_fd = open(kept, O_RDONLY | O_CLOEXEC);
        static ino_t first;
        assert_true(digest_file(kept_fd, found, NULL));
        assert_string_equal(found, digest);
        assert_int_equal(fstat(kept_fd, &b), 0);
        assert_int_equal(b.st_mode & 07777, 0444);
        assert_int_equal(b.st_nlink, 1);
        assert_true(b.st_blocks * 512 < IMAGE_BYTES / 2); /* holes stay holes */
        assert_true(i == 0 || b.st_ino == first);         /* copied once */
        first = b.st_ino;
    }
    unlink(elsewhere);
    assert_int_equal(kept_count(), 1);
}

static void test_keep_refuses(void **state)
{
    struct pyro_error err = { 0 };

    (void)state;
    assert_null(base_keep("/nonexistent", digest, &err));
    assert_null(base_keep(image, "xxh3:../../x", &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    assert_null(base_keep(home, digest, &err));
    assert_int_equal(kept_count(), 0);
}

/* What a record of an older version names is kept on sight, if it is what the record says. */
static void test_update_path(void **state)
{
    scoped_free char *path = str_printf("%s", image), *kept = base_path_of(digest, NULL);
    scoped_free char *other = str_printf("%s", image), *none = NULL;

    (void)state;
    base_update_path(&path, digest);
    assert_string_equal(path, kept);
    assert_int_equal(unlink(image), 0); /* the cache goes … */
    base_update_path(&path, digest);
    assert_string_equal(path, kept);
    base_update_path(&other, digest); /* … and another record still names it */
    assert_string_equal(other, kept);
    assert_int_equal(unlink(kept), 0);
    free(other);
    other = str_printf("%s", image);
    make_image(image, "evil");
    base_update_path(&other, "xxh3:00112233445566778899aabbccddeeff");
    assert_string_equal(other, image);
    assert_int_equal(kept_count(), 0);
    base_update_path(&none, digest);
    assert_null(none);
}

static void test_prune_goes_by_use(void **state)
{
    scoped_free char *first = keep(), *second = NULL, *leftover = NULL;
    scoped_json json_t *result = NULL;
    const char *used[1];

    (void)state;
    assert_int_equal(unlink(image), 0);
    make_image(image, "next");
    second = keep();
    leftover = str_printf("%s/data/bases/.tmp-001122", home);
    make_image(leftover, "half");
    assert_int_equal(kept_count(), 3);
    used[0] = first;
    result = environment_prune(used, 1, false, NULL);
    assert_non_null(result);
    assert_int_equal(json_array_size(json_object_get(result, "removed")), 2);
    assert_int_equal(access(first, F_OK), 0);
    assert_int_equal(access(second, F_OK), -1);
    assert_int_equal(kept_count(), 1);
    assert_int_equal(access(image, F_OK), 0);
}

/* Asked once for each record of a list. */
static void test_a_kept_path_is_told_by_its_name(void **state UNUSED)
{
    char inside[700], bases[600], beside[700];

    snprintf(bases, sizeof(bases), "%s/data/bases", home);
    snprintf(inside, sizeof(inside), "%s/x.ext4", bases);
    snprintf(beside, sizeof(beside), "%s-2/x.ext4", bases);
    assert_true(paths_is_in_bases(inside));
    assert_false(paths_is_in_bases(beside));
    assert_false(paths_is_in_bases(bases));
    assert_false(paths_is_in_bases(image));
    assert_int_equal(access(bases, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keep_links),
        TEST(test_keep_replaces_by_rename),
        TEST(test_keep_copies_to_another_file_system),
        TEST(test_keep_refuses),
        TEST(test_update_path),
        TEST(test_prune_goes_by_use),
        TEST(test_a_kept_path_is_told_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
