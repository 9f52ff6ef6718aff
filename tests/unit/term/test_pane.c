/* A pane with its real child: what is shown, what is answered, and what becomes of a child that
 * crashes, hangs or lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/term/pane.h"
#include "vmm/base/fs.h"

#define SEEDS "tests/fuzz/seeds/vtgate"
#define DEADLINE_MS 120000

struct fixture {
    struct loop *loop;
    struct pane *pane;
    unsigned painted;
    struct pyro_error why;
    bool failed;
};

static void on_painted(void *arg)
{
    ((struct fixture *)arg)->painted++;
}
static void on_ready(void *arg)
{
    (void)arg;
}
static void on_failed(void *arg, const struct pyro_error *why)
{
    struct fixture *f = arg;

    f->failed = true;
    f->why = *why;
}

static void start_with(struct fixture *f, const struct pane_options *options)
{
    static const struct pane_ops ops = { .painted = on_painted,
                                         .ready = on_ready,
                                         .failed = on_failed };

    memset(f, 0, sizeof(*f));
    f->loop = loop_new(NULL);
    assert_non_null(f->loop);
    f->pane = pane_new(f->loop, options, &ops, f, NULL);
    assert_non_null(f->pane);
}

static void start(struct fixture *f, int rows, int cols)
{
    struct pane_options options = { .start = { .rows = rows, .cols = cols } };
    struct pane_rect rect = { 0, 0, rows, cols };

    start_with(f, &options);
    assert_true(pane_set_rect(f->pane, &rect));
}

static void stop(struct fixture *f)
{
    pane_free(f->pane);
    loop_free(f->loop);
}

static void wait_ready(struct fixture *f)
{
    int64_t end = clock_ms() + DEADLINE_MS;

    while (!f->failed && !pane_is_ready(f->pane) && clock_ms() < end)
        loop_run_once(f->loop, 1000);
    assert_true(f->failed || pane_is_ready(f->pane));
}

static void feed_as(struct fixture *f, enum pane_frame kind, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n && !f->failed;) {
        size_t take = n - at < PANE_BYTES_MAX ? n - at : PANE_BYTES_MAX;
        wait_ready(f);
        pane_feed(f->pane, kind, bytes + at, take);
        at += take;
    }
}

static void feed(struct fixture *f, const char *text)
{
    feed_as(f, PANE_FEED, text, strlen(text));
}

static void paint(struct fixture *f)
{
    unsigned before = f->painted;
    int64_t end = clock_ms() + DEADLINE_MS;

    pane_paint(f->pane);
    while (!f->failed && f->painted == before && clock_ms() < end)
        loop_run_once(f->loop, 1000);
    assert_true(f->failed || f->painted > before);
}

static void wait_failed(struct fixture *f)
{
    int64_t end = clock_ms() + DEADLINE_MS;

    while (!f->failed && clock_ms() < end)
        loop_run_once(f->loop, 1000);
    assert_true(f->failed);
    assert_true(pane_has_failed(f->pane));
    assert_false(pane_is_ready(f->pane));
}

static const struct term_cell *cell(struct fixture *f, int row, int col)
{
    const struct pane_view *v = pane_view(f->pane);

    return &v->cell[row * v->rect.cols + col];
}

static void assert_row(struct fixture *f, int row, const char *text)
{
    const struct pane_view *v = pane_view(f->pane);
    scoped_buf out = BUF_INIT(65536);

    assert_true(
        term_cells_text(&out, cell(f, row, 0), term_cells_used(cell(f, row, 0), v->rect.cols)));
    assert_string_equal(out.len ? out.data : "", text);
}

static void test_pane_paint_cells(void **state)
{
    static const struct {
        const char *sgr;
        uint32_t fg, bg;
        uint16_t attr;
    } styles[] = {
        { "", 0, 0, 0 },
        { "31", TERM_COLOR_INDEX(1), 0, 0 },
        { "94;103", TERM_COLOR_INDEX(12), TERM_COLOR_INDEX(11), 0 },
        { "38;5;200;48;5;17", TERM_COLOR_INDEX(200), TERM_COLOR_INDEX(17), 0 },
        { "38;2;1;2;3", TERM_COLOR_RGB(0x010203), 0, 0 },
        { "48:2::255:128:0", 0, TERM_COLOR_RGB(0xff8000), 0 },
        { "1;3", 0, 0, TERM_BOLD | TERM_ITALIC },
        { "2", 0, 0, TERM_DIM },
        { "1;2;22;9", 0, 0, TERM_STRIKE },
        { "4", 0, 0, 1 << TERM_UNDERLINE_SHIFT },
        { "4:3", 0, 0, 3 << TERM_UNDERLINE_SHIFT },
        { "21", 0, 0, 2 << TERM_UNDERLINE_SHIFT },
        { "5;7;8", 0, 0, TERM_BLINK | TERM_REVERSE | TERM_CONCEAL },
        { "2;8;28", 0, 0, TERM_DIM },
        { "12;2;15", 0, 0, TERM_DIM },
    };
    struct fixture f;
    char text[64];

    (void)state;
    start(&f, 20, 30);
    for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
        snprintf(text, sizeof(text), "\x1b[0;%smx\x1b[m.\r\n", styles[i].sgr);
        feed(&f, text);
    }
    feed(&f, "\xe4\xb8\xad"
             "e\xcc\x81!");
    paint(&f);
    for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
        const struct term_cell *c = cell(&f, (int)i, 0);
        if (c->fg != styles[i].fg || c->bg != styles[i].bg || c->attr != styles[i].attr)
            print_message("style '%s'\n", styles[i].sgr);
        assert_int_equal(c->fg, styles[i].fg);
        assert_int_equal(c->bg, styles[i].bg);
        assert_int_equal(c->attr, styles[i].attr);
        assert_int_equal(cell(&f, (int)i, 1)->attr, 0);
    }
    assert_row(&f, ARRAY_SIZE(styles),
               "\xe4\xb8\xad"
               "e\xcc\x81!");
    assert_int_equal(cell(&f, ARRAY_SIZE(styles), 0)->width, 2);
    assert_int_equal(cell(&f, ARRAY_SIZE(styles), 1)->width, 0);
    assert_int_equal(cell(&f, ARRAY_SIZE(styles), 2)->chars[1], 0x301);
    assert_int_equal(pane_view(f.pane)->cursor_row, ARRAY_SIZE(styles));
    assert_int_equal(pane_view(f.pane)->cursor_col, 4);
    stop(&f);
}

static void test_pane_paint_modes(void **state)
{
    const struct pane_view *v;
    struct fixture f;

    (void)state;
    start(&f, 5, 20);
    v = pane_view(f.pane);
    feed(&f,
         "\x1b]2;a title\x07\x1b[?1049h\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[?1002h\x1b[?1006h"
         "\x1b[?25l\x1b[5 q\x07\x07\x1b]133;D;3\x07");
    paint(&f);
    assert_string_equal(v->title, "a title");
    assert_true(v->alternate && v->modes.app_cursor && v->modes.app_keypad && v->modes.paste &&
                v->modes.focus);
    assert_int_equal(v->modes.mouse, 1002);
    assert_int_equal(v->modes.mouse_encoding, VTGATE_MOUSE_SGR);
    assert_false(v->cursor_visible);
    assert_true(v->cursor_blinks);
    assert_int_equal(v->cursor_shape, PANE_CURSOR_BAR);
    assert_int_equal(v->bells, 2);
    assert_int_equal(v->command_ends, 1);
    assert_int_equal(v->command_status, 3);
    feed(&f, "\x1b"
             "c\x1b[?9h");
    paint(&f);
    assert_false(v->alternate || v->modes.app_cursor || v->modes.app_keypad || v->modes.paste ||
                 v->modes.focus);
    assert_int_equal(v->modes.mouse, 9);
    assert_true(v->cursor_visible);
    stop(&f);
}

static void test_pane_paint_part(void **state)
{
    struct pane_rect rect = { 2, 3, 3, 4 };
    struct fixture f;

    (void)state;
    start(&f, 6, 10);
    feed(&f, "0123456789\r\nabcdefghij\r\nABC\xe4\xb8\xad"
             "FGHIJ\r\n  \xe4\xb8\xad  xyz");
    assert_true(pane_set_rect(f.pane, &rect));
    paint(&f);
    assert_row(&f, 0,
               "\xe4\xb8\xad"
               "FG");
    assert_row(&f, 1, "   x"); /* the right half of a wide one is at its edge */
    assert_row(&f, 2, "");
    assert_true(pane_resize(f.pane, 3, 5));
    paint(&f);
    assert_int_equal(pane_view(f.pane)->rows, 3);
    assert_int_equal(pane_view(f.pane)->cols, 5);
    assert_row(&f, 2, "");
    assert_false(pane_resize(f.pane, 7, 10));
    assert_false(f.failed);
    stop(&f);
}

static void test_pane_paint_only_what_changed(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 4, 10);
    feed(&f, "a\r\nb\r\nc");
    paint(&f);
    pane_view_drawn(f.pane);
    feed(&f, "\x1b[2;1HX");
    paint(&f);
    assert_false(pane_view(f.pane)->dirty[0]);
    assert_true(pane_view(f.pane)->dirty[1]);
    assert_false(pane_view(f.pane)->dirty[3]);
    assert_row(&f, 0, "a");
    assert_row(&f, 1, "X");
    stop(&f);
}

/* A child that says anything but what was drawn is ended: there is no way to the program. */
static void test_pane_feed_answers_nothing(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 4, 10);
    feed(&f, "a\x1b[6n\x1b[c\x1b[5n\x1b[?6n\x1b[>c\x1b[?1$p\x1b]11;?\x07\x1bZz");
    paint(&f);
    assert_false(f.failed);
    assert_row(&f, 0, "az");
    stop(&f);
}

static void test_pane_skim(void **state)
{
    static const char passed[] = "zzz\r\n\x1b[31mzz\x1b[m\x1b[5;5H\x1b[2J\x1b[1m\x1b[32m"
                                 "\x1b[?2004h\x1b]0;t\x07"
                                 "end";
    struct fixture f;

    (void)state;
    start(&f, 4, 10);
    feed(&f, "a");
    feed_as(&f, PANE_SKIM, passed, strlen(passed));
    feed(&f, "b");
    paint(&f);
    assert_row(&f, 0, "b");
    assert_int_equal(cell(&f, 0, 0)->fg, TERM_COLOR_INDEX(2));
    assert_int_equal(cell(&f, 0, 0)->attr, TERM_BOLD);
    assert_true(pane_view(f.pane)->modes.paste);
    assert_string_equal(pane_view(f.pane)->title, "t");
    stop(&f);
}

/* ---- children that misbehave ---- */

static bool crashing_job(void *arg)
{
    char byte;

    (void)arg;
    if (sandbox_read(&byte, 1) == 1)
        __builtin_trap();
    return true;
}

static bool hanging_job(void *arg)
{
    char bytes[4096];

    (void)arg;
    while (sandbox_read(bytes, sizeof(bytes)) > 0)
        ;
    return true;
}

static bool calling_job(void *arg)
{
    (void)arg;
    return getppid() == 0;
}

static bool lying_job(void *arg)
{
    static const uint8_t lies[][16] = {
        { 3, 0, 0, 0, PANE_PAINTED + 1, 'r', 'm', '\n' },
        { 0, 0, 0, 0, PANE_DONE, 0, 0, 0, 0, PANE_DONE },
        { 0, 0, 0, 0, PANE_PAINTED },
        { 0, 0, 0, 0, 77 },
        { 255, 255, 255, 255, PANE_DONE },
        { 1, 0, 0, 0, PANE_DONE, 0 },
    };
    char byte;

    return sandbox_read(&byte, 1) == 1 &&
           sandbox_write(lies[((struct pane_child_start *)arg)->rows - 1], sizeof(lies[0])) &&
           sandbox_read(&byte, 1) >= 0 && hanging_job(NULL);
}

static void assert_fails(sandbox_job *job, int rows, const char *why)
{
    struct pane_options options = { .start = { .rows = rows, .cols = 20 },
                                    .deadline_ms = 500,
                                    .job = job };
    struct fixture f, other;

    start(&other, 4, 20);
    start_with(&f, &options);
    pane_feed(f.pane, PANE_FEED, "x", 1);
    wait_failed(&f);
    if (!strstr(f.why.message, why))
        print_message("%s\n", f.why.message);
    assert_non_null(strstr(f.why.message, why));
    pane_paint(f.pane); /* does no harm any more */
    pane_feed(f.pane, PANE_FEED, "x", 1);
    feed(&other, "still here");
    paint(&other);
    assert_row(&other, 0, "still here");
    assert_false(other.failed);
    stop(&f);
    stop(&other);
}

static void test_pane_child_crashes(void **state)
{
    (void)state;
    assert_fails(crashing_job, 4, "ended by Illegal instruction");
}

static void test_pane_child_hangs(void **state)
{
    (void)state;
    assert_fails(hanging_job, 4, "hangs");
}

static void test_pane_child_calls_what_is_refused(void **state)
{
    (void)state;
    if (getenv("PYRO_SANITIZED"))
        skip();
    assert_fails(calling_job, 4, "ended by Bad system call");
}

static void test_pane_child_lies(void **state)
{
    (void)state;
    for (int i = 1; i <= 6; i++)
        assert_fails(lying_job, i, "gave a wrong answer");
}

static void test_pane_child_is_killed(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 4, 20);
    feed(&f, "shown");
    paint(&f);
    kill(pane_pid(f.pane), SIGKILL);
    wait_failed(&f);
    assert_non_null(strstr(f.why.message, "Killed"));
    assert_row(&f, 0, "shown");
    stop(&f);
}

/* Every input that ever broke libvterm, in a pane; another one goes on. */
static void test_pane_feed_crashes(void **state)
{
    DIR *dir = opendir(SEEDS);
    struct fixture f, other;
    struct dirent *entry;
    unsigned count = 0;

    (void)state;
    assert_non_null(dir);
    start(&other, 5, 20);
    while ((entry = readdir(dir))) {
        char path[512];
        scoped_buf bytes = BUF_INIT(1 << 20);
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), SEEDS "/%s", entry->d_name);
        assert_true(fs_read_file(AT_FDCWD, path, &bytes, NULL));
        start(&f, 6, 12);
        for (int rows = 6; rows > 0; rows -= 2) {
            feed_as(&f, PANE_FEED, bytes.data, bytes.len);
            wait_ready(&f);
            assert_true(pane_resize(f.pane, rows, 2 * rows));
            paint(&f);
        }
        if (f.failed)
            print_message("%s: %s\n", entry->d_name, f.why.message);
        assert_false(f.failed);
        stop(&f);
        feed(&other, "\rwell");
        paint(&other);
        assert_row(&other, 0, "well");
        count++;
    }
    closedir(dir);
    assert_false(other.failed);
    assert_true(count > 10);
    stop(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pane_paint_cells),
        cmocka_unit_test(test_pane_paint_modes),
        cmocka_unit_test(test_pane_paint_part),
        cmocka_unit_test(test_pane_paint_only_what_changed),
        cmocka_unit_test(test_pane_feed_answers_nothing),
        cmocka_unit_test(test_pane_skim),
        cmocka_unit_test(test_pane_child_crashes),
        cmocka_unit_test(test_pane_child_hangs),
        cmocka_unit_test(test_pane_child_calls_what_is_refused),
        cmocka_unit_test(test_pane_child_lies),
        cmocka_unit_test(test_pane_child_is_killed),
        cmocka_unit_test(test_pane_feed_crashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
