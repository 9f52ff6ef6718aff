/* The tree of a disk's layers: what is needed stays, what is not sound is refused. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/layers.h"
#include "vmm/base/fs.h"

static bool has(const struct disk_layers *l, uint32_t id)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].id == id)
            return true;
    return false;
}

/* A new layer on the active one, as a snapshot makes it. */
static uint32_t push(struct disk_layers *l, const char *name)
{
    struct pyro_error err = { 0 };
    uint32_t below = l->active, id;

    assert_true(disk_layers_add(l, below, &id, &err));
    l->active = id;
    if (name)
        disk_layers_name(l, name, below, 1.5);
    return id;
}

static void test_layers_collect_keeps_what_is_stood_on(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct disk_layers l;
    uint32_t id;

    disk_layers_init(&l);
    assert_int_equal(push(&l, "a"), 2);
    assert_int_equal(push(&l, "b"), 3);
    assert_int_equal(disk_layers_depth(&l, 3), 4);
    /* A reset to a: nothing needs 3. */
    assert_true(disk_layers_resolve(&l, "a", &id, &err));
    assert_int_equal(id, 1);
    assert_true(disk_layers_add(&l, id, &id, &err));
    l.active = id;
    disk_layers_collect(&l);
    assert_true(has(&l, 1) && has(&l, 2) && !has(&l, 3) && has(&l, 4));
    assert_true(disk_layers_is_based_on(&l, 4, 1) && !disk_layers_is_based_on(&l, 4, 2));
    assert_true(disk_layers_unname(&l, "b", &err));
    disk_layers_collect(&l);
    assert_true(has(&l, 1) && !has(&l, 2) && has(&l, 4));
    assert_true(disk_layers_unname(&l, "a", &err));
    disk_layers_collect(&l);
    assert_true(has(&l, 1) && has(&l, 4)); /* the active one is based on it */
    l.baseline = 1;
    assert_true(disk_layers_resolve(&l, "baseline", &id, &err));
    assert_int_equal(id, 1);
    disk_layers_release(&l);
}

static void test_layers_join_moves_names(void **state UNUSED)
{
    struct disk_layers l;

    disk_layers_init(&l);
    push(&l, "a");
    push(&l, "b");
    disk_layers_join(&l, 2, 1); /* b's layer into the one below */
    assert_int_equal(disk_layers_find(&l, "b")->layer, 1);
    assert_int_equal(disk_layers_parent(&l, 3), 1);
    assert_true(!has(&l, 2));
    disk_layers_join(&l, 3, 1);
    assert_int_equal(l.active, 1);
    assert_int_equal(l.count, 1);
    disk_layers_release(&l);
}

static void test_layers_of_a_flattened_chain(void **state UNUSED)
{
    struct disk_layers l;

    disk_layers_init(&l);
    l.baseline = 1;
    push(&l, NULL);
    push(&l, "a");
    push(&l, NULL);
    push(&l, "b");
    push(&l, NULL);
    disk_layers_rebase(&l, 4, l.baseline); /* b's, with all that 2 and 3 hold */
    disk_layers_collect(&l);
    assert_int_equal(disk_layers_depth(&l, l.active), 5);
    assert_true(has(&l, 2) && !has(&l, 3)); /* a's stays, what only b was based on does not */
    assert_false(disk_layers_is_based_on(&l, l.active, 2));
    assert_true(disk_layers_is_based_on(&l, l.active, 4));
    assert_true(disk_layers_unname(&l, "a", NULL));
    disk_layers_collect(&l);
    assert_true(!has(&l, 2) && has(&l, 4) && has(&l, 5) && has(&l, 6));
    disk_layers_release(&l);
}

static void test_layers_of_an_environment(void **state UNUSED)
{
    scoped_json json_t *j = NULL;
    struct pyro_error err = { 0 };
    struct disk_layers l, m;
    uint32_t id;

    disk_layers_init_above(&l, 3);
    assert_int_equal(l.active, 4);
    assert_int_equal(l.origin, 3);
    assert_int_equal(disk_layers_depth(&l, l.active), 5);
    assert_true(disk_layers_resolve(&l, "baseline", &id, &err));
    assert_int_equal(id, 3);
    l.baseline = l.active; /* seeded */
    push(&l, NULL);
    disk_layers_collect(&l);
    assert_int_equal(l.count, 5);
    j = disk_layers_to_json(&l);
    assert_true(disk_layers_parse(j, &m, &err));
    assert_int_equal(m.origin, 3);
    disk_layers_release(&m);
    json_object_set_new(j, "origin", json_integer(9));
    assert_false(disk_layers_parse(j, &m, &err));
    json_object_del(j, "origin"); /* an older record */
    assert_true(disk_layers_parse(j, &m, &err));
    assert_int_equal(m.origin, DISK_LAYER_BASE);
    disk_layers_release(&m);
    disk_layers_release(&l);
}

static void test_layers_that_others_have(void **state UNUSED)
{
    char path[] = "/tmp/pyro-layers-XXXXXX", other[] = "/tmp/pyro-layers-XXXXXX";
    scoped_close int dir = -1, second = -1;
    scoped_free char *file = NULL;
    struct pyro_error err = { 0 };

    assert_non_null(mkdtemp(path));
    assert_non_null(mkdtemp(other));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    second = open(other, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    file = str_printf("%s/disk.qcow2", path);
    assert_true(disk_layer_create(dir, 1, 1 << 20, &err));
    assert_false(disk_layer_is_shared(dir, 1));
    assert_true(disk_layer_share(file, second, 3, &err));
    assert_true(disk_layer_is_shared(dir, 1) && disk_layer_is_shared(second, 3));
    assert_true(disk_layer_is_shared(dir, 2) && disk_layer_is_shared(dir, DISK_LAYER_BASE));
    assert_false(disk_layer_share(file, second, 3, &err));
    assert_int_equal(err.sys_errno, EEXIST);
    assert_int_equal(unlink(file), 0);
    assert_false(disk_layer_is_shared(second, 3));
    fs_discard_tree(AT_FDCWD, path);
    fs_discard_tree(AT_FDCWD, other);
}

static void test_layers_of_a_fork(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct disk_layers l, fork;
    uint32_t id;

    disk_layers_init_above(&l, 1); /* the environment's 1, and 2 above */
    l.baseline = push(&l, NULL);
    l.baseline_at = 2.5;
    push(&l, "a");
    push(&l, "b");
    assert_true(disk_layers_fork(&l, 4, &fork, &err));
    assert_int_equal(fork.active, l.next);
    assert_int_equal(disk_layers_parent(&fork, fork.active), 4);
    assert_true(has(&fork, 1) && has(&fork, 2) && has(&fork, 3) && has(&fork, 4));
    assert_false(has(&fork, 5));
    assert_int_equal(fork.snapshot_count, 0);
    assert_int_equal(fork.origin, 1);
    assert_int_equal(fork.baseline, 3);
    assert_true(fork.baseline_at == 2.5);
    assert_int_equal(fork.booted, 0);
    assert_int_equal(l.active, 5);
    disk_layers_release(&fork);
    while (disk_layers_depth(&l, l.active) < DISK_LAYERS_MAX) {
        assert_true(disk_layers_add(&l, l.active, &id, &err));
        l.active = id;
    }
    assert_false(disk_layers_fork(&l, l.active, &fork, &err));
    assert_int_equal(err.code, PYRO_SNAPSHOT_STATE);
    disk_layers_release(&l);
}

static void test_layers_names_are_checked(void **state UNUSED)
{
    static const struct {
        const char *name;
        enum pyro_code code;
    } cases[] = {
        { "b", PYRO_OK },
        { "a", PYRO_NAME_TAKEN },
        { "baseline", PYRO_NAME_TAKEN },
        { "", PYRO_INVALID_ARGUMENT },
        { "-x", PYRO_INVALID_ARGUMENT },
        { "a/b", PYRO_INVALID_ARGUMENT },
        { "a\nb", PYRO_INVALID_ARGUMENT },
    };
    struct pyro_error err = { 0 };
    struct disk_layers l;
    uint32_t id = 77;

    disk_layers_init(&l);
    push(&l, "a");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        err = (struct pyro_error){ 0 };
        assert_int_equal(disk_layers_check_new(&l, cases[i].name, &err), cases[i].code == PYRO_OK);
        assert_int_equal(err.code, cases[i].code);
    }
    assert_false(disk_layers_resolve(&l, "c", &id, &err));
    assert_int_equal(err.code, PYRO_SNAPSHOT_NOT_FOUND);
    assert_int_equal(id, 77);
    assert_false(disk_layers_unname(&l, "baseline", &err));
    assert_int_equal(err.code, PYRO_SNAPSHOT_STATE);
    disk_layers_release(&l);
}

static void test_layers_survive_the_record(void **state UNUSED)
{
    scoped_json json_t *j = NULL, *again = NULL;
    struct pyro_error err = { 0 };
    struct disk_layers l, m;

    disk_layers_init(&l);
    push(&l, "a");
    push(&l, "b.c-d_1");
    l.baseline = 1;
    l.booted = 2;
    j = disk_layers_to_json(&l);
    assert_true(disk_layers_parse(j, &m, &err));
    again = disk_layers_to_json(&m);
    assert_true(json_equal(j, again));
    disk_layers_release(&m);
    assert_true(disk_layers_parse(NULL, &m, &err)); /* a record of before */
    assert_int_equal(m.active, 1);
    assert_int_equal(m.baseline, DISK_LAYER_BASE);
    disk_layers_release(&m);
    disk_layers_release(&l);
}

static void test_layers_that_make_no_tree_are_refused(void **state UNUSED)
{
    static const char *const cases[] = {
        "[]",
        "{}",
        "{'layers': [], 'snapshots': [], 'active': 1, 'baseline': 0, 'next': 2}",
        "{'layers': [{'id': 1, 'parent': 1}], 'snapshots': [], 'active': 1, 'baseline': 0, "
        "'next': 2}",
        "{'layers': [{'id': 2, 'parent': 1}], 'snapshots': [], 'active': 2, 'baseline': 0, "
        "'next': 3}",
        "{'layers': [{'id': 1, 'parent': 0}, {'id': 1, 'parent': 0}], 'snapshots': [], 'active': "
        "1, 'baseline': 0, 'next': 2}",
        "{'layers': [{'id': 1, 'parent': 0}], 'snapshots': [], 'active': 2, 'baseline': 0, 'next': "
        "3}",
        "{'layers': [{'id': 1, 'parent': 0}], 'snapshots': [], 'active': 1, 'baseline': 9, 'next': "
        "10}",
        "{'layers': [{'id': 5, 'parent': 0}], 'snapshots': [], 'active': 5, 'baseline': 0, 'next': "
        "2}",
        "{'layers': [{'id': 1, 'parent': 0}], 'snapshots': [{'name': '../x', 'layer': 1}], "
        "'active': 1, 'baseline': 0, 'next': 2}",
        "{'layers': [{'id': 1, 'parent': 0}], 'snapshots': [{'name': 'x', 'layer': 3}], 'active': "
        "1, 'baseline': 0, 'next': 4}",
        "{'layers': [{'id': 1, 'parent': 0}], 'snapshots': [{'name': 'x', 'layer': 1}, {'name': "
        "'x', 'layer': 1}], 'active': 1, 'baseline': 0, 'next': 2}",
        "{'layers': [{'id': 1, 'parent': -1}], 'snapshots': [], 'active': 1, 'baseline': 0, "
        "'next': 2}",
        "{'layers': 7, 'snapshots': [], 'active': 1, 'baseline': 0, 'next': 2}",
        "{'layers': [{'id': 2, 'parent': 0}, {'id': 1, 'parent': 0}], 'snapshots': [], 'active': "
        "1, 'baseline': 0, 'next': 3}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_free char *text = str_printf("%s", cases[i]);
        struct disk_layers l = { .count = 77 };
        struct pyro_error err = { 0 };
        scoped_json json_t *j = NULL;
        for (char *c = text; *c; c++)
            if (*c == '\'')
                *c = '"';
        j = json_parse(text, strlen(text), 65536, &err);
        assert_non_null(j);
        if (disk_layers_parse(j, &l, &err))
            fail_msg("accepted: %s", cases[i]);
        assert_int_equal(err.code, PYRO_RECORD_INVALID);
        assert_int_equal(l.count, 77);
    }
}

static void test_layers_have_a_longest_chain(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct disk_layers l, m;
    scoped_json json_t *j = NULL;
    uint32_t id;

    disk_layers_init(&l);
    while (disk_layers_depth(&l, l.active) < DISK_LAYERS_MAX)
        push(&l, NULL);
    assert_false(disk_layers_add(&l, l.active, &id, &err));
    assert_int_equal(err.code, PYRO_SNAPSHOT_STATE);
    assert_false(disk_layers_check_new(&l, "a", &err));
    l.active = disk_layers_parent(&l, l.active); /* a reader has room where a snapshot has none */
    assert_false(disk_layers_check_new(&l, "a", &err));
    assert_true(disk_layers_add(&l, l.active, &id, &err));
    l.active = id;
    j = disk_layers_to_json(&l);
    assert_true(disk_layers_parse(j, &m, &err));
    disk_layers_release(&m);
    disk_layers_release(&l);
}

static void test_layers_sweep_removes_debris_only(void **state UNUSED)
{
    char path[] = "/tmp/pyro-layers-XXXXXX";
    scoped_close int dir = -1;
    struct pyro_error err = { 0 };
    struct disk_layers l;

    assert_non_null(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    disk_layers_init(&l);
    push(&l, NULL);
    for (uint32_t id = 1; id <= 4; id++)
        assert_true(disk_layer_create(dir, id, 1 << 20, &err));
    assert_false(disk_layer_create(dir, 4, 1 << 20, &err)); /* never over one that is there */
    assert_int_equal(mknodat(dir, "layers/notes", S_IFREG | 0600, 0), 0);
    disk_layers_sweep(dir, &l);
    assert_int_equal(faccessat(dir, "disk.qcow2", F_OK, 0), 0);
    assert_int_equal(faccessat(dir, "layers/2.qcow2", F_OK, 0), 0);
    assert_int_equal(faccessat(dir, "layers/notes", F_OK, 0), 0);
    assert_int_equal(faccessat(dir, "layers/3.qcow2", F_OK, 0), -1);
    assert_int_equal(faccessat(dir, "layers/4.qcow2", F_OK, 0), -1);
    assert_true(disk_layer_bytes(dir, 2) > 0);
    assert_int_equal(disk_layer_bytes(dir, DISK_LAYER_BASE), 0);
    {
        scoped_layer_chain struct disk_layer_chain c = { 0 };
        assert_true(disk_layers_chain(&l, 2, "/base", "/w", &c, &err));
        assert_int_equal(c.chain.count, 3);
        assert_string_equal(c.chain.layers[0].path, "/base");
        assert_string_equal(c.chain.layers[1].path, "/w/disk.qcow2");
        assert_string_equal(c.chain.layers[2].path, "/w/layers/2.qcow2");
        assert_int_equal(c.chain.layers[2].id, 2);
    }
    disk_layers_release(&l);
    fs_discard_tree(AT_FDCWD, path);
}

static void test_layers_push(void **state UNUSED)
{
    char path[] = "/tmp/pyro-layers-XXXXXX";
    scoped_close int dir = -1;
    struct pyro_error err = { 0 };
    struct disk_layers l;

    assert_non_null(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    disk_layers_init(&l);
    assert_true(disk_layer_create(dir, 1, 1 << 20, &err));
    assert_true(disk_layer_create(dir, 2, 1 << 20, &err)); /* its record was never saved */
    assert_true(disk_layers_push(dir, &l, 1, 1 << 20, &err));
    assert_int_equal(l.active, 2);
    assert_int_equal(disk_layers_parent(&l, 2), 1);
    disk_layers_undo_push(dir, &l, 1);
    assert_int_equal(l.active, 1);
    assert_int_equal(faccessat(dir, "layers/2.qcow2", F_OK, 0), -1);
    assert_int_equal(mkdirat(dir, "layers/3.qcow2", 0700), 0);
    assert_false(disk_layers_push(dir, &l, 1, 1 << 20, &err));
    assert_int_equal(l.active, 1);
    assert_int_equal(l.count, 1);
    disk_layers_release(&l);
    fs_discard_tree(AT_FDCWD, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers_collect_keeps_what_is_stood_on),
        cmocka_unit_test(test_layers_join_moves_names),
        cmocka_unit_test(test_layers_of_a_flattened_chain),
        cmocka_unit_test(test_layers_of_an_environment),
        cmocka_unit_test(test_layers_that_others_have),
        cmocka_unit_test(test_layers_of_a_fork),
        cmocka_unit_test(test_layers_names_are_checked),
        cmocka_unit_test(test_layers_survive_the_record),
        cmocka_unit_test(test_layers_that_make_no_tree_are_refused),
        cmocka_unit_test(test_layers_have_a_longest_chain),
        cmocka_unit_test(test_layers_sweep_removes_debris_only),
        cmocka_unit_test(test_layers_push),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
