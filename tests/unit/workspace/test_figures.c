/* Figures of running workspaces, against processes whose use is known: a child of this program
 * plays the supervisor. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/workspace/figures.h"
#include "engine/workspace/usage.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define DEADLINE_MS 60000

static struct loop *loop;
static struct workspace_figures *figures;
static unsigned looks;
static char dir[64];

static void on_look(void *arg UNUSED)
{
    looks++;
}

static int set_up(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/pyro-figures-XXXXXX");
    looks = 0;
    if (!mkdtemp(dir) || !(loop = loop_new(NULL)))
        return -1;
    figures = workspace_figures_new(loop, on_look, NULL);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    workspace_figures_free(figures);
    loop_free(loop);
    fs_discard_tree(AT_FDCWD, dir);
    return 0;
}

static void await_looks(unsigned count)
{
    int64_t deadline_ms = clock_ms() + DEADLINE_MS;

    while (looks < count && clock_ms() < deadline_ms)
        loop_run_once(loop, 100);
    assert_true(looks >= count);
}

static void write_disk(size_t n)
{
    scoped_free char *path = str_printf("%s/disk.qcow2", dir), *bytes = calloc(1, n);
    scoped_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    memset(bytes, 'x', n);
    assert_true(fd >= 0 && ftruncate(fd, 1 << 30) == 0 && fs_write_all(fd, bytes, n, NULL));
    assert_int_equal(fsync(fd), 0);
}

static struct watched_workspace workspace(const char *id, enum workspace_state state)
{
    struct watched_workspace w = { .record = { .state = state }, .path = dir };

    snprintf(w.record.id, sizeof(w.record.id), "%s", id);
    return w;
}

static void test_figures_of_a_running_one(void **state UNUSED)
{
    /* Its own child takes the time: a supervisor's machine is counted with it. */
    const char *argv[] = {
        "sh", "-c", "sh -c 'while :; do :; done'; :", "__supervise", "fresh", "0123456789ab", NULL
    };
    struct watched_workspace w = workspace("0123456789ab", WORKSPACE_STARTED), *list[] = { &w };
    struct proc_spec spec = proc_spec_of(argv);
    const struct figures *f;
    pid_t pid;

    write_disk(1 << 20);
    spec.new_session = true;
    assert_true(proc_start(&spec, &pid, NULL));
    assert_null(workspace_figures_of(figures, "0123456789ab"));
    workspace_figures_show(figures, list, 1);
    await_looks(1);
    f = workspace_figures_of(figures, "0123456789ab");
    assert_non_null(f);
    assert_true(f->cpu < 0); /* one look alone says nothing of it */
    assert_true(f->memory_bytes > 4096);
    assert_true(f->disk_bytes >= 1 << 20 && f->disk_bytes < 1 << 28);
    for (int64_t deadline_ms = clock_ms() + DEADLINE_MS; clock_ms() < deadline_ms;) {
        await_looks(looks + 1);
        f = workspace_figures_of(figures, "0123456789ab");
        if (f->cpu > 0.02)
            break;
    }
    assert_true(f->cpu > 0.02 && f->cpu < 3);
    kill(-pid, SIGKILL);
    proc_kill(pid);
}

/* The time of a process that was not counted before is not a share of this second. */
static void test_usage_of_other_processes_is_no_share(void **state UNUSED)
{
    const struct usage machine = { .cpu_seconds = 5, .vm = 7 };
    const struct usage both = { .cpu_seconds = 12, .vm = 7, .supervisor = 8 };
    const struct usage later = { .cpu_seconds = 12.5, .vm = 7, .supervisor = 8 };
    const struct usage successor = { .cpu_seconds = 13, .vm = 7, .supervisor = 9 };

    assert_true(usage_share(&machine, &both, 1000) < 0);
    assert_true(usage_share(&both, &successor, 1000) < 0);
    assert_true(usage_share(&later, &both, 1000) < 0);
    assert_true(usage_share(&both, &later, 1000) > 0.49 && usage_share(&both, &later, 1000) < 0.51);
}

/* Nothing runs: one look, and then none. */
static void test_figures_of_stopped_ones_are_looked_at_once(void **state UNUSED)
{
    struct watched_workspace w = workspace("0123456789ac", WORKSPACE_STOPPED), *list[] = { &w };

    write_disk(8192);
    workspace_figures_show(figures, list, 1);
    await_looks(1);
    assert_true(workspace_figures_of(figures, "0123456789ac")->disk_bytes >= 8192);
    assert_true(workspace_figures_of(figures, "0123456789ac")->memory_bytes == 0);
    for (int i = 0; i < 15; i++)
        loop_run_once(loop, 100);
    assert_int_equal(looks, 1);
    workspace_figures_show(figures, NULL, 0);
    assert_null(workspace_figures_of(figures, "0123456789ac"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_figures_of_a_running_one, set_up, tear_down),
        cmocka_unit_test(test_usage_of_other_processes_is_no_share),
        cmocka_unit_test_setup_teardown(test_figures_of_stopped_ones_are_looked_at_once, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
