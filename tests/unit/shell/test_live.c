/* A shell's files, followed and drawn: what is there, what comes, sizes, floods. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/shell/live.h"
#include "vmm/base/fs.h"

#define DEADLINE_MS 120000

static char path[64];
static int dir_fd = -1, log_fd = -1, events_fd = -1;
static struct loop *loop;
static struct live *live;

static void on_changed(void *arg)
{
    (void)arg;
}

static int set_up(void **state)
{
    struct shell_record r = { .id = "sh1", .running = true, .cols = 40, .rows = 5 };

    (void)state;
    snprintf(path, sizeof(path), "/tmp/pyro-live-XXXXXX");
    assert_non_null(mkdtemp(path));
    dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(dir_fd, SHELLS_DIR, 0700), 0);
    r.cwd = strdup("/workspace");
    assert_true(shell_record_save(dir_fd, &r, NULL));
    shell_record_release(&r);
    log_fd = shell_open_file(dir_fd, "sh1", "log", O_WRONLY | O_CREAT | O_APPEND, NULL);
    events_fd = shell_open_file(dir_fd, "sh1", "events", O_WRONLY | O_CREAT | O_APPEND, NULL);
    assert_true(log_fd >= 0 && events_fd >= 0);
    loop = loop_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    live_free(live);
    live = NULL;
    loop_free(loop);
    close(log_fd);
    close(events_fd);
    close(dir_fd);
    fs_discard_tree(AT_FDCWD, path);
    return 0;
}

static void append(int fd, const char *text)
{
    assert_true(fs_write_all(fd, text, strlen(text), NULL));
}

static void size_event(uint64_t offset, int rows, int cols)
{
    scoped_free char *line =
        str_printf("{\"t\":1,\"offset\":%llu,\"type\":\"resize\",\"cols\":%d,\"rows\":%d}\n",
                   (unsigned long long)offset, cols, rows);

    append(events_fd, line);
}

static void open_live(void)
{
    static const struct live_ops ops = { .changed = on_changed };
    struct pane_rect rect = { 0, 0, 5, 40 };

    live = live_new(loop, dir_fd, "sh1", &ops, NULL, NULL);
    assert_non_null(live);
    assert_true(live_set_rect(live, &rect));
}

static bool row_is(int row, const char *text)
{
    const struct pane_view *v = live_view(live);
    const struct term_cell *cells = v->cell + row * v->rect.cols;
    scoped_buf out = BUF_INIT(65536);

    assert_true(term_cells_text(&out, cells, term_cells_used(cells, v->rect.cols)));
    return strcmp(out.len ? out.data : "", text) == 0;
}

static void wait_row(int row, const char *text)
{
    int64_t end = clock_ms() + DEADLINE_MS;

    while (!row_is(row, text) && !live_failure(live) && clock_ms() < end)
        loop_run_once(loop, 1000);
    assert_null(live_failure(live));
    assert_true(row_is(row, text));
}

static void test_live_follows(void **state)
{
    (void)state;
    size_event(0, 5, 40);
    append(log_fd, "one\r\ntwo");
    open_live();
    wait_row(1, "two");
    append(log_fd, " and more");
    wait_row(1, "two and more");
    size_event(16, 4, 4);
    append(log_fd, "\r\x1b[2Jabcdef");
    wait_row(2, "ef");
    assert_int_equal(live_view(live)->cols, 4);
    live_restart(live);
    append(log_fd, "g");
    wait_row(2, "efg");
}

static void test_live_passes_over_a_flood(void **state)
{
    scoped_buf lines = BUF_INIT(16 << 20);

    (void)state;
    size_event(0, 5, 40);
    for (int i = 0; i < 100000; i++)
        assert_true(buf_printf(&lines, "\x1b[3%dmline %d of many\x1b[m\r\n", i % 8, i));
    append(log_fd, lines.data);
    open_live();
    wait_row(3, "line 99999 of many");
    append(log_fd, lines.data);
    append(log_fd, "the end");
    wait_row(4, "the end");
    wait_row(3, "line 99999 of many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_live_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_live_passes_over_a_flood, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
