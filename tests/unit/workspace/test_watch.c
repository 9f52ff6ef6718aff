/* The live model of workspaces: what others create, change and delete in the state directory is
 * told, once, and what is there afterwards is what is in the files. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "engine/state/commands.h"
#include "engine/state/store.h"
#include "engine/workspace/watch.h"
#include "vmm/base/fs.h"

#define DEADLINE_MS 60000

struct fixture {
    char home[64];
    struct store store;
    struct loop *loop;
    struct workspace_watch *watch;
    unsigned added, removed, troubles;
    unsigned changes; /* all of enum watch_change since it was last cleared */
    char last[WORKSPACE_ID_LENGTH + 1];
};

static void on_added(void *arg, struct watched_workspace *w)
{
    struct fixture *f = arg;

    f->added++;
    memcpy(f->last, w->record.id, sizeof(f->last));
}

static void on_changed(void *arg, struct watched_workspace *w UNUSED, unsigned change)
{
    ((struct fixture *)arg)->changes |= change;
}

static void on_removed(void *arg, struct watched_workspace *w)
{
    struct fixture *f = arg;

    f->removed++;
    memcpy(f->last, w->record.id, sizeof(f->last));
}

static void on_trouble(void *arg, const struct pyro_error *why UNUSED)
{
    ((struct fixture *)arg)->troubles++;
}

static const struct workspace_watch_ops ops = {
    .added = on_added, .changed = on_changed, .removed = on_removed, .trouble = on_trouble
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct pyro_error err = { 0 };

    snprintf(f->home, sizeof(f->home), "/tmp/pyro-watch-XXXXXX");
    assert_non_null(mkdtemp(f->home));
    assert_int_equal(setenv("PYRO_HOME", f->home, 1), 0);
    assert_true(store_open(&f->store, &err));
    f->loop = loop_new(&err);
    assert_non_null(f->loop);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    workspace_watch_free(f->watch);
    loop_free(f->loop);
    store_release(&f->store);
    fs_discard_tree(AT_FDCWD, f->home);
    free(f);
    return 0;
}

static void start(struct fixture *f)
{
    struct pyro_error err = { 0 };

    f->watch = workspace_watch_new(f->loop, &ops, f, &err);
    assert_string_equal(err.message, "");
    assert_non_null(f->watch);
}

/* Runs the loop until `condition`, which is looked at again after each pass. */
#define WAIT_UNTIL(f, condition)                                                                   \
    do {                                                                                           \
        int64_t deadline_ = clock_ms() + DEADLINE_MS;                                              \
        while (!(condition) && clock_ms() < deadline_)                                             \
            loop_run_once((f)->loop, 100);                                                         \
        assert_true(condition);                                                                    \
    } while (0)

/* A workspace as a command leaves it. Returns its directory; the lock is let go. */
static int make(struct fixture *f, const char *name, enum workspace_state state, char *ret_id)
{
    struct workspace_record r;
    struct pyro_error err = { 0 };
    int dir, lock;

    record_init(&r);
    record_set_string(&r.environment, "debian:12");
    record_set_string(&r.name, name);
    r.vcpu_count = 1, r.mem_mib = 128;
    assert_true(store_make(&f->store, &r, &dir, &lock, &err));
    r.state = state;
    assert_true(record_save(dir, &r, false, &err));
    memcpy(ret_id, r.id, sizeof(r.id));
    record_release(&r);
    close(lock);
    return dir;
}

static void rename_to(int dir, const char *id, const char *name)
{
    struct workspace_record r;

    assert_true(record_load(dir, id, &r, NULL));
    record_set_string(&r.name, name);
    assert_true(record_save(dir, &r, false, NULL));
    record_release(&r);
}

static void save_shell(int dir, const char *id, bool running)
{
    struct shell_record r = { .running = running, .cols = 80, .rows = 24, .exit_code = -1 };
    char cwd[] = "/workspace";

    snprintf(r.id, sizeof(r.id), "%s", id);
    r.cwd = cwd;
    mkdirat(dir, SHELLS_DIR, 0700);
    assert_true(shell_record_save(dir, &r, NULL));
}

static void append(int dir, const char *shell, const char *text)
{
    scoped_close int fd = shell_open_file(dir, shell, "log", O_WRONLY | O_CREAT | O_APPEND, NULL);

    assert_true(fd >= 0 && fs_write_all(fd, text, strlen(text), NULL));
}

static void test_watch_tells_what_is_there_at_once(void **state)
{
    struct fixture *f = *state;
    char first[13], second[13], made[13];
    scoped_close int a = make(f, "one", WORKSPACE_STOPPED, first);
    scoped_close int b = make(f, "two", WORKSPACE_FAILED, second);
    scoped_close int debris = make(f, "debris", WORKSPACE_CREATED, made);
    struct watched_workspace *w;

    save_shell(a, "sh1", false);
    append(a, "sh1", "hello\n");
    start(f);
    assert_int_equal(f->added, 2);
    assert_int_equal(workspace_watch_count(f->watch), 2);
    assert_null(workspace_watch_find(f->watch, made));
    w = workspace_watch_find(f->watch, first);
    assert_non_null(w);
    assert_string_equal(w->record.name, "one");
    assert_int_equal(w->shell_count, 1);
    assert_int_equal(w->shells[0].size, 6);
    assert_int_equal(w->shells[0].output_ms, 0);
    assert_false(w->shells[0].record.running);
    assert_int_equal(workspace_watch_find(f->watch, second)->record.state, WORKSPACE_FAILED);
    (void)b, (void)debris;
}

static void test_watch_tells_what_others_do(void **state)
{
    struct fixture *f = *state;
    struct watched_workspace *w;
    char id[13];
    int dir;

    start(f);
    assert_int_equal(f->added, 0);
    dir = make(f, "one", WORKSPACE_STOPPED, id);
    WAIT_UNTIL(f, (w = workspace_watch_find(f->watch, id)) && w->record.state == WORKSPACE_STOPPED);
    assert_int_equal(f->added, 1);
    f->changes = 0;
    rename_to(dir, id, "another");
    WAIT_UNTIL(f, !strcmp(w->record.name, "another"));
    assert_true(f->changes & WATCH_RECORD);
    assert_true(store_remove(&f->store, id, NULL));
    WAIT_UNTIL(f, f->removed == 1);
    assert_string_equal(f->last, id);
    assert_null(workspace_watch_find(f->watch, id));
    assert_int_equal(workspace_watch_count(f->watch), 0);
    assert_int_equal(f->added, 1);
    assert_int_equal(f->troubles, 0);
    close(dir);
}

static void test_watch_follows_shells_and_commands(void **state)
{
    struct fixture *f = *state;
    scoped_json json_t *words = json_pack("[s,s]", "make", "all"), *list = NULL;
    struct command_entry e = { .sequence = 1, .command = words, .cwd = "/w", .recorded_at = 1 };
    struct watched_workspace *w;
    struct watched_shell *sh;
    struct command_history history;
    struct capture out;
    struct command_outcome how = { .outputs = { &out }, .exit_code = 3, .duration_ms = 12 };
    scoped_json json_t *ended = NULL;
    char id[13], line[64];
    scoped_close int dir = make(f, "one", WORKSPACE_STARTED, id);

    start(f);
    w = workspace_watch_find(f->watch, id);
    save_shell(dir, "sh1", true);
    WAIT_UNTIL(f, (sh = watched_shell_find(w, "sh1")));
    assert_true(f->changes & WATCH_SHELLS);
    append(dir, "sh1", "one\r\n\033[31mtwo\033[0m\xc2\x9b words\r\n   \r\n");
    WAIT_UNTIL(f, (sh = watched_shell_find(w, "sh1"))->size > 0);
    assert_true(f->changes & WATCH_OUTPUT);
    assert_true(sh->output_ms > 0);
    watched_shell_last_line(w, sh, line, sizeof(line));
    assert_string_equal(line, "two words");
    save_shell(dir, "sh1", false);
    WAIT_UNTIL(f, !watched_shell_find(w, "sh1")->record.running);

    command_history_open(&history, dir, "");
    capture_init(&out);
    capture_add(&out, "\",\"stderr\":", 11);
    assert_true(command_begin(&history, &e, NULL));
    ended = command_ended(&e, &how);
    assert_true(command_write(&history, ended, NULL));
    e.sequence = 2;
    assert_true(command_begin(&history, &e, NULL));
    WAIT_UNTIL(f, f->changes & WATCH_COMMANDS);
    list = workspace_watch_commands(w, 5);
    assert_int_equal(json_array_size(list), 2);
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "running")));
    assert_true(json_is_null(json_object_get(json_array_get(list, 0), "exit_code")));
    assert_int_equal(json_int_or(json_array_get(list, 1), "exit_code", -1), 3);
    assert_null(json_object_get(json_array_get(list, 1), "stdout"));
    capture_release(&out);
}

/* A workspace that is being made shows while its maker lives. */
static void test_watch_shows_a_creation_while_it_is_held(void **state)
{
    struct fixture *f = *state;
    struct workspace_record r;
    int dir, lock;

    start(f);
    record_init(&r);
    record_set_string(&r.environment, "debian:12");
    r.vcpu_count = 1, r.mem_mib = 128;
    assert_true(store_make(&f->store, &r, &dir, &lock, NULL));
    WAIT_UNTIL(f, workspace_watch_find(f->watch, r.id));
    close(lock);
    WAIT_UNTIL(f, f->removed == 1);
    assert_null(workspace_watch_find(f->watch, r.id));
    record_release(&r);
    close(dir);
}

/* Looking whether a lock is held must not be taken for a change of it: that would go on for ever.
 */
static void test_watch_comes_to_rest(void **state)
{
    struct fixture *f = *state;
    char id[13];
    scoped_close int dir = make(f, "one", WORKSPACE_STARTED, id);

    start(f);
    rename_to(dir, id, "two");
    WAIT_UNTIL(f, !strcmp(workspace_watch_find(f->watch, id)->record.name, "two"));
    f->changes = 0;
    for (int i = 0; i < 5; i++)
        loop_run_once(f->loop, 50);
    assert_int_equal(f->changes, 0);
}

static void test_watch_survives_many_at_once(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 100 };
    char ids[COUNT][13];

    start(f);
    for (int i = 0; i < COUNT; i++)
        close(make(f, NULL, WORKSPACE_STOPPED, ids[i]));
    WAIT_UNTIL(f, workspace_watch_count(f->watch) == COUNT);
    for (int i = 0; i < COUNT; i += 2)
        assert_true(store_remove(&f->store, ids[i], NULL));
    WAIT_UNTIL(f, workspace_watch_count(f->watch) == COUNT / 2);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(!!workspace_watch_find(f->watch, ids[i]), i % 2);
    assert_int_equal(f->troubles, 0);
}

/* Of many, what a list shows of those that do not run comes first, and nothing of them is missed. */
static void test_watch_reads_many_in_brief(void **state)
{
    enum { MANY = 300 };
    static struct workspace_watch_ops brief;
    char id[WORKSPACE_ID_LENGTH + 1], running[WORKSPACE_ID_LENGTH + 1];
    struct fixture *f = *state;
    struct pyro_error err = { 0 };
    const struct watched_workspace *w, *r;
    int dir = -1;

    brief = ops;
    brief.in_brief = true;
    for (unsigned i = 0; i < MANY; i++) {
        scoped_free char *name = str_printf("w%03u", i);
        if (dir >= 0)
            close(dir);
        dir = make(f, name, WORKSPACE_STOPPED, id);
    }
    close(make(f, "running", WORKSPACE_STARTED, running));
    f->watch = workspace_watch_new(f->loop, &brief, f, &err);
    assert_int_equal(f->added, MANY + 1);
    w = workspace_watch_find(f->watch, id);
    r = workspace_watch_find(f->watch, running);
    assert_string_equal(w->record.name, "w299");
    assert_int_equal(w->record.state, WORKSPACE_STOPPED);
    assert_null(w->record.labels);
    assert_non_null(r->record.labels);
    rename_to(dir, id, "before");
    WAIT_UNTIL(f, w->record.labels);
    assert_string_equal(w->record.name, "before");
    rename_to(dir, id, "after");
    WAIT_UNTIL(f, !strcmp(w->record.name, "after"));
    close(dir);
    assert_true(store_remove(&f->store, id, NULL));
    WAIT_UNTIL(f, f->removed == 1);
    assert_null(workspace_watch_find(f->watch, id));
    assert_int_equal(workspace_watch_count(f->watch), MANY);
}

static void test_watch_says_that_the_state_directory_is_gone(void **state)
{
    struct fixture *f = *state;
    scoped_free char *away = str_printf("%s.away", f->store.path);

    start(f);
    assert_int_equal(rename(f->store.path, away), 0);
    WAIT_UNTIL(f, f->troubles == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_watch_tells_what_is_there_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_tells_what_others_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_follows_shells_and_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_shows_a_creation_while_it_is_held, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_watch_comes_to_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_survives_many_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_reads_many_in_brief, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch_says_that_the_state_directory_is_gone, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
