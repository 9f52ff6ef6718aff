/* The directory of workspaces: how many files are opened to list it, and names among many. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "engine/client/stopped.h"
#include "engine/state/store.h"
#include "engine/state/store_names.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

#define MANY (STORE_NAMES_MIN + 6)

struct fixture {
    char home[64];
    struct store store;
    char ids[MANY][WORKSPACE_ID_LENGTH + 1];
};

static void make(struct fixture *f, size_t i)
{
    scoped_record struct workspace_record r = { 0 };
    scoped_close int dir = -1, lock = -1;
    struct pyro_error err = { 0 };

    record_init(&r);
    record_set_string(&r.environment, "debian:12");
    r.vcpu_count = 1, r.mem_mib = 128;
    assert_true(store_make(&f->store, &r, &dir, &lock, &err));
    r.name = str_printf("w%03zu", i);
    r.state = WORKSPACE_STOPPED;
    r.command_count = (int64_t)i;
    r.last_activity_at = (double)(1000 + i);
    assert_true(record_save(dir, &r, false, &err));
    memcpy(f->ids[i], r.id, sizeof(r.id));
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct pyro_error err = { 0 };

    snprintf(f->home, sizeof(f->home), "/tmp/pyro-store-XXXXXX");
    assert_non_null(mkdtemp(f->home));
    assert_int_equal(setenv("PYRO_HOME", f->home, 1), 0);
    assert_true(store_open(&f->store, &err));
    for (size_t i = 0; i < MANY; i++)
        make(f, i);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    store_release(&f->store);
    fs_discard_tree(AT_FDCWD, f->home);
    free(f);
    return 0;
}

/* ---- opens ---- */

static int watch_opens(const struct fixture *f)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    assert_true(fd >= 0);
    for (size_t i = 0; i < MANY; i++) {
        scoped_free char *path = str_printf("%s/%s", f->store.path, f->ids[i]);
        assert_true(inotify_add_watch(fd, path, IN_OPEN) >= 0);
    }
    return fd;
}

/* Of files in the workspaces' directories, and of these. */
static size_t count_opens(int fd)
{
    _Alignas(struct inotify_event) char bytes[65536];
    size_t count = 0;
    ssize_t n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        for (char *at = bytes; at < bytes + n; count++)
            at += sizeof(struct inotify_event) + ((const struct inotify_event *)(void *)at)->len;
    return count;
}

static void test_list_opens_one_file_of_each(void **state)
{
    struct fixture *f = *state;
    scoped_close int watch = watch_opens(f);
    scoped_json json_t *brief = workspace_list(true, NULL);

    assert_int_equal(count_opens(watch), MANY);
    assert_int_equal(json_int_or(brief, "count", 0), MANY);
}

static void test_a_name_among_many_opens_few(void **state)
{
    struct fixture *f = *state;
    scoped_close int watch = watch_opens(f);
    char id[WORKSPACE_ID_LENGTH + 1];

    assert_true(store_resolve(&f->store, "w007", id, NULL));
    assert_int_equal(count_opens(watch), MANY); /* nothing is known yet */
    assert_true(store_resolve(&f->store, "w008", id, NULL));
    assert_string_equal(id, f->ids[8]);
    assert_int_equal(count_opens(watch), 1);
}

/* ---- what is shown ---- */

static void test_brief_is_part_of_the_whole(void **state)
{
    struct fixture *f = *state;
    scoped_json json_t *brief = workspace_list(true, NULL), *whole = workspace_list(false, NULL);
    const json_t *a = json_object_get(brief, "workspaces");
    const json_t *b = json_object_get(whole, "workspaces");

    assert_int_equal(json_array_size(a), json_array_size(b));
    assert_string_equal(json_string_or(json_array_get(a, 0), "workspace_id", ""), f->ids[MANY - 1]);
    for (size_t i = 0; i < MANY; i++) {
        const char *key;
        json_t *value;
        json_object_foreach (json_array_get(a, i), key, value)
            assert_true(json_equal(value, json_object_get(json_array_get(b, i), key)));
    }
}

/* Cut short, of another workspace, of a newer version, not a number where one must be. */
static void test_a_damaged_record_is_listed_as_failed(void **state)
{
    static const char *const damage[] = {
        "{\"version\": 2, \"id\": \"0123",
        "{\"version\": 2, \"id\": \"000000000000\"}",
        "{\"version\": 99}",
        "",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(damage); i++) {
        scoped_close int dir = store_open_workspace(&f->store, f->ids[i], NULL);
        assert_true(fs_replace(dir, RECORD_FILE, damage[i], strlen(damage[i]), 0600, NULL));
        unlinkat(dir, RECORD_COPY, 0);
    }
    scoped_json json_t *brief = workspace_list(true, NULL);
    size_t failed = 0;
    for (size_t i = 0; i < MANY; i++)
        failed += !strcmp(
            json_string_or(json_array_get(json_object_get(brief, "workspaces"), i), "state", ""),
            "failed");
    assert_int_equal(failed, ARRAY_SIZE(damage));
    for (size_t i = 0; i < ARRAY_SIZE(damage); i++)
        make(f, i); /* others in their places */
}

/* It is whole, and its members may mean something else. */
static void test_a_newer_record_is_listed_as_failed(void **state)
{
    struct fixture *f = *state;
    scoped_close int dir = store_open_workspace(&f->store, f->ids[40], NULL);
    scoped_json json_t *record = record_read(dir, RECORD_FILE, NULL), *brief = NULL;
    scoped_free char *text = NULL;
    const json_t *list;
    size_t failed = 0;

    json_object_set_new(record, "version", json_integer(RECORD_VERSION + 1));
    text = json_compact(record);
    assert_true(fs_replace(dir, RECORD_FILE, text, strlen(text), 0600, NULL));
    brief = workspace_list(true, NULL);
    list = json_object_get(brief, "workspaces");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *w = json_array_get(list, i);
        if (!strcmp(json_string_or(w, "workspace_id", ""), f->ids[40]))
            failed += !strcmp(json_string_or(w, "state", ""), "failed");
    }
    assert_int_equal(failed, 1);
    assert_true(store_remove(&f->store, f->ids[40], NULL));
    make(f, 40);
}

/* A command that has the directory of a workspace open while another deletes it. */
static void test_one_that_is_deleted_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct workspace_handle w = { .store = f->store };
    struct pyro_error err = { 0 };

    make(f, 0);
    memcpy(w.id, f->ids[0], sizeof(w.id));
    w.dir_fd = store_open_workspace(&f->store, w.id, &err);
    assert_true(w.dir_fd >= 0);
    assert_true(store_remove(&f->store, w.id, &err));
    assert_int_equal(workspace_lock_stopped(&w, &err), -1);
    assert_int_equal(err.code, PYRO_WORKSPACE_NOT_FOUND);
    close(w.dir_fd);
}

static void test_a_list_of_names_that_is_outdated(void **state)
{
    static const char *const files[] = { "", "pyro names 1\n", "pyro names 1\nw020 ", "garbage" };
    struct fixture *f = *state;
    char id[WORKSPACE_ID_LENGTH + 1];
    scoped_free char *wrong = str_printf("pyro names 1\nw020 %s\n", f->ids[21]);
    scoped_free char *gone = str_printf("pyro names 1\nw020 %s\n", "aaaaaaaaaaaa");

    for (size_t i = 0; i < ARRAY_SIZE(files) + 2; i++) {
        const char *text = i < ARRAY_SIZE(files) ? files[i] : i == ARRAY_SIZE(files) ? wrong : gone;
        assert_true(fs_replace(f->store.fd, ".names", text, strlen(text), 0600, NULL));
        assert_true(store_resolve(&f->store, "w020", id, NULL));
        assert_string_equal(id, f->ids[20]);
    }
    assert_true(store_remove(&f->store, f->ids[30], NULL));
    assert_false(store_resolve(&f->store, "w030", id, NULL));
    make(f, 30);
    assert_true(store_resolve(&f->store, "w030", id, NULL));
    assert_string_equal(id, f->ids[30]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_among_many_opens_few),
        cmocka_unit_test(test_list_opens_one_file_of_each),
        cmocka_unit_test(test_brief_is_part_of_the_whole),
        cmocka_unit_test(test_a_list_of_names_that_is_outdated),
        cmocka_unit_test(test_a_newer_record_is_listed_as_failed),
        cmocka_unit_test(test_a_damaged_record_is_listed_as_failed),
        cmocka_unit_test(test_one_that_is_deleted_meanwhile),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
