/* The record of a workspace: what is written comes back, and what is not sound is refused and still
 * listed. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/record.h"
#include "vmm/base/fs.h"

static int make_dir(char *path)
{
    assert_non_null(mkdtemp(path));
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int dir, const char *text, size_t n)
{
    assert_true(fs_replace(dir, RECORD_FILE, text, n, 0600, NULL));
}

static void test_record_save_and_load_agree(void **state UNUSED)
{
    char path[] = "/tmp/pyro-record-XXXXXX";
    scoped_close int dir = make_dir(path);
    struct workspace_record a, b;
    struct pyro_error err = { 0 };

    record_init(&a);
    record_set_string(&a.environment, "debian:12");
    record_set_string(&a.base_path, "/base.ext4");
    record_set_string(&a.name, "build-1");
    json_object_set_new(a.labels, "team", json_string("\xc3\xa9t\xc3\xa9"));
    a.last_command = json_pack("{s:[s], s:i}", "command", "true", "exit_code", 0);
    a.state = WORKSPACE_STARTED;
    a.stopping = true;
    a.network_policy = NETWORK_EGRESS_PORTS;
    a.vcpu_count = 2, a.mem_mib = 1024, a.command_count = 7;
    a.vm_pid = 4321, a.vm_start_time = 987654321, a.expires_at = 12.5;
    assert_true(record_save(dir, &a, true, &err));
    assert_true(record_load(dir, a.id, &b, &err));
    assert_string_equal(b.name, "build-1");
    assert_string_equal(b.machine_id, a.machine_id);
    assert_string_equal(b.environment, "debian:12");
    assert_string_equal(b.base_path, "/base.ext4");
    assert_int_equal(b.state, WORKSPACE_STARTED);
    assert_true(b.stopping);
    assert_int_equal(b.network_policy, NETWORK_EGRESS_PORTS);
    assert_int_equal(b.vm_pid, 4321);
    assert_int_equal(b.vm_start_time, 987654321);
    assert_int_equal(b.command_count, 7);
    assert_true(json_equal(a.labels, b.labels));
    assert_true(json_equal(a.last_command, b.last_command));
    assert_true(b.expires_at == 12.5);
    record_release(&a);
    record_release(&b);
    fs_discard_tree(AT_FDCWD, path);
}

/* Of a new member somebody has to think whether a fork has it. */
static void test_record_every_row_says_what_a_copy_has(void **state UNUSED)
{
    for (const struct row_spec *row = workspace_rows; row->type != ROW_TYPE_END; row++)
        if (row->field != ROW_FIELD_NONE && row->field != ROW_FIELD_VERSION &&
            row->copy == ROW_COPY_UNSAID)
            fail_msg("the row of '%s' has no .copy", row->name);
}

static void test_record_copied_has_nothing_of_a_running_machine(void **state UNUSED)
{
    scoped_record struct workspace_record a = { 0 }, b = { 0 };
    struct pyro_error err = { 0 };

    record_init(&a);
    record_set_string(&a.environment, "debian:12");
    record_set_string(&a.name, "one");
    record_set_string(&a.last_error, "it broke");
    record_set_string(&a.resume_from, "warm");
    a.state = WORKSPACE_STARTED;
    a.paused_reason = PAUSED_HOST_DISK_FULL;
    a.vcpu_count = 2, a.mem_mib = 512, a.ttl_seconds = 60;
    a.command_count = 7, a.shell_count = 2, a.running_command_count = 1;
    a.last_command = json_pack("{s:[s], s:i}", "command", "true", "exit_code", 0);
    a.vm_pid = 4321, a.vm_start_time = 987654321, a.expires_at = 12.5;
    a.held = a.stopping = a.ephemeral = a.clearing = true;
    a.used = false;
    disk_layers_release(&a.disk);
    disk_layers_init_above(&a.disk, 2);
    assert_true(record_copy(&a, true, &b, &err));
    assert_int_equal(b.state, WORKSPACE_CREATED);
    assert_null(b.name);
    assert_null(b.last_error);
    assert_null(b.resume_from);
    assert_null(b.paused_reason);
    assert_int_equal(b.vm_pid, 0);
    assert_true(b.vm_start_time == 0 && b.expires_at == 0);
    assert_false(b.held || b.stopping || b.ephemeral || b.clearing);
    assert_true(b.used); /* as of a record that does not say */
    assert_int_equal(b.disk.count, 0);
    assert_int_equal(b.running_command_count, 0);
    assert_int_equal(b.ttl_seconds, 60);
    assert_int_equal(b.command_count, 7);
    assert_int_equal(b.shell_count, 2);
    assert_true(json_equal(a.last_command, b.last_command));
    record_release(&b);
    assert_true(record_copy(&a, false, &b, &err));
    assert_true(b.command_count == 0 && b.shell_count == 0 && !b.last_command);
    assert_int_equal(b.vcpu_count, 2);
}

static void test_record_copied_has_ids_of_its_own(void **state UNUSED)
{
    struct workspace_record a, b;
    struct pyro_error err = { 0 };

    record_init(&a);
    record_set_string(&a.environment, "debian:12");
    record_set_string(&a.name, "one");
    json_object_set_new(a.labels, "team", json_string("t"));
    json_object_set_new(a.env, "MODE", json_string("fast"));
    a.vcpu_count = 2, a.mem_mib = 512, a.command_count = 7, a.created_at = 1;
    assert_true(record_copy(&a, true, &b, &err));
    assert_string_not_equal(a.id, b.id);
    assert_string_not_equal(a.machine_id, b.machine_id);
    assert_true(b.created_at > 1);
    assert_int_equal(b.mem_mib, 512);
    assert_int_equal(b.command_count, 7);
    json_object_set_new(b.labels, "team", json_string("other"));
    assert_string_equal(json_string_or(a.labels, "team", ""), "t");
    assert_string_equal(json_string_or(b.env, "MODE", ""), "fast");
    record_release(&a);
    record_release(&b);
}

/* As the version before wrote it, and one before the disk had layers. */
static void test_record_of_an_older_version_is_read(void **state UNUSED)
{
#define HEAD                                                                                       \
    "\"accelerator\":\"tcg\",\"base_path\":\"/b.ext4\",\"command_count\":3,\"created_at\":"        \
    "1795899461.5,"
#define TAIL                                                                                       \
    "\"environment\":\"debian:12\",\"environment_digest\":\"xxh3:"                                 \
    "a0be49a7dda26864c47549c4d188919b\",\"ephemeral\":false,\"expires_at\":0.0,\"host_compat\":"   \
    "false,\"id\":\"f2c522c4d4b8\",\"labels\":{\"a\":\"b\"},\"last_activity_at\":1795899475.25,"   \
    "\"last_command\":{\"command\":[\"true\"],\"exit_code\":0},\"last_error\":null,"               \
    "\"last_reset_at\":0.0,\"machine_id\":\"d97775c852224ac6709a6c3c5c8c5f6b\",\"mem_mib\":1024,"  \
    "\"name\":\"old\",\"network_error\":null,\"network_policy\":\"off\",\"reset_count\":0,"        \
    "\"running_service_count\":0,\"secrets\":[{\"name\":\"S\",\"source_kind\":\"literal\"}],"      \
    "\"service_count\":0,\"shell_count\":2,\"state\":\"started\",\"stopping\":false,"              \
    "\"throw_away\":true,\"ttl_seconds\":60,\"used\":true,\"vcpu_count\":1,"
    static const char before[] =
        "{" HEAD "\"clearing\":false,\"disk\":{\"active\":1,\"baseline\":0,\"baseline_at\":0.0,"
        "\"booted\":1,\"layers\":[{\"id\":1,\"parent\":0}],\"next\":2,\"snapshots\":[]}," TAIL
        "\"version\":2,\"vm_pid\":20323,\"vm_start_time\":2845065}";
    static const char first[] = "{" HEAD TAIL "\"version\":1,\"vm_pid\":0}";
    char path[] = "/tmp/pyro-record-XXXXXX";
    scoped_close int dir = make_dir(path);
    scoped_json json_t *wanted = json_parse(before, strlen(before), sizeof(before), NULL);
    scoped_json json_t *again = NULL;
    struct workspace_record r;

    put(dir, before, strlen(before));
    assert_true(record_load(dir, "f2c522c4d4b8", &r, NULL));
    assert_true(record_save(dir, &r, false, NULL));
    record_release(&r);
    again = record_read(dir, RECORD_FILE, NULL);
    json_object_set_new(wanted, "running_command_count", json_integer(0)); /* are new since */
    json_object_set_new(wanted, "cursors", json_integer(0));
    json_object_set_new(wanted, "env", json_object());
    json_object_set_new(wanted, "held", json_false());
    json_object_set_new(wanted, "unannounced", json_false());
    json_object_set_new(wanted, "unbegun", json_false());
    json_object_set_new(wanted, "suspend_after_idle", json_integer(0));
    json_object_set_new(wanted, "spare", json_false());
    json_object_set_new(wanted, "keeper_pid", json_integer(0));
    json_object_set_new(wanted, "keeper_start_time", json_integer(0));
    assert_true(json_equal(again, wanted));
    put(dir, first, strlen(first));
    assert_true(record_load(dir, "f2c522c4d4b8", &r, NULL));
    assert_string_equal(r.name, "old");
    assert_int_equal(r.shell_count, 2);
    assert_int_equal(r.ttl_seconds, 60);
    assert_int_equal(r.vm_start_time, 0);
    record_release(&r);
    fs_discard_tree(AT_FDCWD, path);
}

static void test_record_load_refuses_what_is_not_sound(void **state UNUSED)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "", "JSON" },
        { "{\"version\": 1", "JSON" },
        { "[1]", "version" },
        { "\x01\x02\xff garbage", "JSON" },
        { "{\"version\": 99}", "newer" },
        { "{\"version\": 1, \"id\": \"bbbbbbbbbbbb\", \"environment\": \"e\", \"state\": "
          "\"started\", "
          "\"vcpu_count\": 1, \"mem_mib\": 128, \"ttl_seconds\": 0, \"command_count\": 0, "
          "\"vm_pid\": 0, "
          "\"labels\": {}}",
          "bbbbbbbbbbbb" },
        { "{\"version\": 1, \"id\": \"aaaaaaaaaaaa\", \"labels\": {}, \"environment\": \"e\", "
          "\"state\": \"flying\"}",
          "flying" },
        { "{\"version\": 1, \"id\": \"aaaaaaaaaaaa\", \"labels\": {}, \"environment\": \"e\", "
          "\"state\": \"started\", \"vcpu_count\": -1}",
          "vcpu_count" },
    };
    char path[] = "/tmp/pyro-record-XXXXXX";
    scoped_close int dir = make_dir(path);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct workspace_record r;
        struct pyro_error err = { 0 };
        put(dir, cases[i].text, strlen(cases[i].text));
        assert_false(record_load(dir, "aaaaaaaaaaaa", &r, &err));
        assert_int_equal(err.code, PYRO_RECORD_INVALID);
        assert_non_null(strstr(err.message, cases[i].says));
        record_load_any(dir, "aaaaaaaaaaaa", &r);
        assert_true(r.broken);
        assert_int_equal(r.newer, !strcmp(cases[i].says, "newer"));
        assert_int_equal(r.state, WORKSPACE_FAILED);
        assert_non_null(strstr(r.last_error, cases[i].says));
        record_release(&r);
    }
    fs_discard_tree(AT_FDCWD, path);
}

static void test_record_every_truncation_is_refused(void **state UNUSED)
{
    char path[] = "/tmp/pyro-record-XXXXXX";
    scoped_close int dir = make_dir(path);
    scoped_buf text = BUF_INIT(65536);
    struct workspace_record a;

    record_init(&a);
    record_set_string(&a.environment, "debian:12");
    a.vcpu_count = 1, a.mem_mib = 128;
    assert_true(record_save(dir, &a, false, NULL));
    assert_true(fs_read_file(dir, RECORD_FILE, &text, NULL));
    assert_int_equal(unlinkat(dir, RECORD_COPY, 0), 0);
    for (size_t n = 0; n < text.len; n++) {
        struct workspace_record r;
        put(dir, text.data, n);
        assert_false(record_load(dir, a.id, &r, NULL));
    }
    record_release(&a);
    fs_discard_tree(AT_FDCWD, path);
}

static void test_record_copy_takes_the_place_of_a_damaged_one(void **state UNUSED)
{
    static const char *const damage[] = { "", "{\"version\": 1", "garbage", NULL };
    static const char newer[] = "{\"version\": 99}";
    char path[] = "/tmp/pyro-record-XXXXXX";
    scoped_close int dir = make_dir(path);
    struct pyro_error err = { 0 };
    struct workspace_record a, r;

    record_init(&a);
    record_set_string(&a.environment, "debian:12");
    record_set_string(&a.name, "build-1");
    a.vcpu_count = 1, a.mem_mib = 128;
    for (size_t i = 0; i < ARRAY_SIZE(damage); i++) {
        assert_true(record_save(dir, &a, i % 2, &err));
        if (damage[i])
            put(dir, damage[i], strlen(damage[i]));
        else
            assert_int_equal(unlinkat(dir, RECORD_FILE, 0), 0);
        assert_true(record_load(dir, a.id, &r, &err));
        assert_string_equal(r.name, "build-1");
        assert_false(r.broken);
        record_release(&r);
    }
    put(dir, newer, strlen(newer));
    assert_false(record_load(dir, a.id, &r, &err));
    assert_non_null(strstr(err.message, "newer"));
    record_release(&a);
    fs_discard_tree(AT_FDCWD, path);
}

/* What a newer version's record says in known words is enough to look at the disk. */
static void test_record_load_disk(void **state UNUSED)
{
    static const char newer[] =
        "{\"version\": 99, \"base_path\": \"/b\", \"disk\": {\"layers\": [{\"id\": 1, \"parent\": "
        "0}, {\"id\": 4, \"parent\": 1}], \"snapshots\": [], \"active\": 4, \"baseline\": 1, "
        "\"next\": 5}}";
    static const char other[] = "{\"version\": 99, \"base_path\": \"/b\", \"disk\": {}}";
    char path[] = "/tmp/pyro-record-XXXXXX";
    scoped_close int dir = make_dir(path);
    struct pyro_error err = { 0 };
    struct workspace_record r;

    put(dir, newer, strlen(newer));
    assert_true(record_load_disk(dir, "aaaaaaaaaaaa", &r, &err));
    assert_true(r.broken && r.newer);
    assert_string_equal(r.base_path, "/b");
    assert_int_equal(r.disk.active, 4);
    assert_int_equal(r.disk.count, 2);
    record_release(&r);
    put(dir, other, strlen(other));
    assert_false(record_load_disk(dir, "aaaaaaaaaaaa", &r, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    fs_discard_tree(AT_FDCWD, path);
}

/* Who has its directory open still has no record any more, and is told why. */
static void test_record_load_of_a_deleted_one(void **state UNUSED)
{
    char path[] = "/tmp/pyro-record-XXXXXX";
    scoped_close int parent = make_dir(path);
    scoped_close int dir = -1;
    struct pyro_error err = { 0 };
    struct workspace_record r;

    assert_int_equal(mkdirat(parent, "aaaaaaaaaaaa", 0700), 0);
    dir = openat(parent, "aaaaaaaaaaaa", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_false(record_load(dir, "aaaaaaaaaaaa", &r, &err));
    assert_int_not_equal(err.code, PYRO_WORKSPACE_NOT_FOUND); /* lost, and not deleted */
    assert_int_equal(renameat(parent, "aaaaaaaaaaaa", parent, ".gone-aaaaaaaaaaaa"), 0);
    assert_false(record_load(dir, "aaaaaaaaaaaa", &r, &err));
    assert_int_equal(err.code, PYRO_WORKSPACE_NOT_FOUND);
    assert_int_equal(unlinkat(parent, ".gone-aaaaaaaaaaaa", AT_REMOVEDIR), 0);
    assert_false(record_load(dir, "aaaaaaaaaaaa", &r, &err));
    assert_int_equal(err.code, PYRO_WORKSPACE_NOT_FOUND);
    fs_discard_tree(AT_FDCWD, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_save_and_load_agree),
        cmocka_unit_test(test_record_every_row_says_what_a_copy_has),
        cmocka_unit_test(test_record_copied_has_nothing_of_a_running_machine),
        cmocka_unit_test(test_record_copied_has_ids_of_its_own),
        cmocka_unit_test(test_record_of_an_older_version_is_read),
        cmocka_unit_test(test_record_load_refuses_what_is_not_sound),
        cmocka_unit_test(test_record_copy_takes_the_place_of_a_damaged_one),
        cmocka_unit_test(test_record_load_disk),
        cmocka_unit_test(test_record_every_truncation_is_refused),
        cmocka_unit_test(test_record_load_of_a_deleted_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
