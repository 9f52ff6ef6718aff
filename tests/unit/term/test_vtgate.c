/* The gate with the real libvterm behind it: what gets through, what is rewritten, and what never
 * may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>

#include "engine/term/terminal.h"
#include "engine/term/width.h"

#define SEEDS "tests/fuzz/seeds/vtgate"

struct fixture {
    struct terminal terminal;
    char title[256], directory[256], link[256];
};

static void keep(char *out, const char *text)
{
    snprintf(out, 256, "%s", text);
}
static void on_title(void *user, const char *text)
{
    keep(((struct fixture *)user)->title, text);
}
static void on_directory(void *user, const char *text)
{
    keep(((struct fixture *)user)->directory, text);
}
static void on_link(void *user, const char *text)
{
    keep(((struct fixture *)user)->link, text);
}
static void open_terminal(struct fixture *f, int rows, int cols)
{
    static const struct vtgate_events events = { .title = on_title,
                                                 .directory = on_directory,
                                                 .link = on_link };

    memset(f, 0, sizeof *f);
    terminal_init(&f->terminal, rows, cols, NULL, &events, f);
}

static void feed(struct fixture *f, const char *text)
{
    vtgate_feed(&f->terminal.gate, text, strlen(text));
}

/* The screen's rows, blanks cut, with | after each but the last ones that are empty. */
static const char *rows_of(struct fixture *f)
{
    static char text[8192];
    size_t len = 0, end = 0;

    for (int row = 0; row < f->terminal.gate.rows; row++) {
        size_t start = len, printed = len;
        VTermScreenCell cell;
        for (int col = 0; terminal_get(&f->terminal, row, col, &cell); col++) {
            if (cell.chars[0] == (uint32_t)-1)
                continue;
            assert_true(len + sizeof cell.chars < sizeof text);
            if (!cell.chars[0])
                text[len++] = ' ';
            for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
                len += term_encode(cell.chars[i], text + len);
            if (text[len - 1] != ' ')
                printed = len;
        }
        len = printed;
        if (len > start)
            end = len;
        text[len++] = '|';
    }
    text[end] = '\0';
    return text;
}

static const struct {
    const char *input, *rows;
    int row, col;
} screens[] = {
    { "hello\r\nworld", "hello|world", 1, 5 },
    { "a\x1b[4b", "aaaaa", 0, 5 },
    { "\x1b[9999b\x1b[2b", "", 0, 0 },
    { "ab\x1b[\b3Cc", "ab  c", 0, 5 },
    { "\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17mx", "x", 0, 1 },
    { "\x1b[123456Gx", "x", 0, 1 },
    { "\x1b.[2Jx", "2Jx", 0, 3 },
    { "ab\x1b"
      "7cd\x1b"
      "8X",
      "abXd", 0, 3 },
    { "ab\x1b[scd\x1b[uX", "abXd", 0, 3 },
    { "a\r\n\x1b[?47hzzz\x1b[?47lb", "a|   b", 1, 4 },
    { "\x1b[?25;7lx", "x", 0, 1 },
    { "\x1b[?7;25h0123456789\x1b[Kx", "0123456789|x", 1, 1 },
    { "0123456789\x1b[P\x1b[X\x1b[@\x1b[Jx", "0123456789|x", 1, 1 },
    { "0123456789\bX", "012345678X", 0, 9 },
    { "0123456789\x1b[DX", "012345678X", 0, 9 },
    { "0123456789\r\nb\x1b[A\x1b[10Gz\x1b[Jx", "012345678z|x", 1, 1 },
    { "\x1b(0lqk\x1b(Bq", "\xe2\x94\x8c\xe2\x94\x80\xe2\x94\x90q", 0, 4 },
    { "\x1b)0\x0eq\x0fq", "\xe2\x94\x80q", 0, 2 },
    { "e\xcc\x81x", "e\xcc\x81x", 0, 2 },
    { "\xe3\x81\x8b\xe3\x82\x99x", "\xe3\x81\x8b\xe3\x82\x99x", 0, 3 },
    { "\xcc\x81x", "x", 0, 1 },
    { "\xff\xe6x", "\xef\xbf\xbd\xef\xbf\xbdx", 0, 3 },
    { "\xc2\x9b"
      "2Jx",
      "2Jx", 0, 3 },
    { "\x1b]0;t\x07x\x1bPq\x1b\\y\x1b_z\x1b\\", "xy", 0, 2 },
    { "junk\x1b[?1049hmore\x1b"
      "cfresh",
      "fresh", 0, 5 },
    { "\x1b[2;3r\x1b[?6h\x1b[!px", "|x", 1, 1 },
    { "\x1b#6\x1b#3x", "x", 0, 1 },
    { "\x1b[?69h\x1b[3;5sabcdefg", "abcdefg", 0, 7 },
    { "a\x1bNb\x1bOc", "abc", 0, 3 },
};

static void test_vtgate_feed_screens(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
        struct fixture f;
        VTermPos cursor;

        open_terminal(&f, 4, 10);
        feed(&f, screens[i].input);
        vterm_state_get_cursorpos(f.terminal.gate.state, &cursor);
        if (strcmp(rows_of(&f), screens[i].rows))
            print_message("case %zu\n", i);
        assert_string_equal(rows_of(&f), screens[i].rows);
        if (screens[i].col) {
            assert_int_equal(cursor.row, screens[i].row);
            assert_int_equal(cursor.col, screens[i].col);
        }
        terminal_release(&f.terminal);
    }
}

/* The same, a byte at a time. */
static void test_vtgate_feed_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
        struct fixture f;

        open_terminal(&f, 4, 10);
        for (const char *at = screens[i].input; *at; at++)
            vtgate_feed(&f.terminal.gate, at, 1);
        assert_string_equal(rows_of(&f), screens[i].rows);
        terminal_release(&f.terminal);
    }
}

static void check_colour(const char *input, int red, int green, int blue)
{
    struct fixture f;
    VTermScreenCell cell;

    open_terminal(&f, 4, 10);
    feed(&f, input);
    assert_true(terminal_get(&f.terminal, 0, 0, &cell));
    assert_true(VTERM_COLOR_IS_RGB(&cell.fg));
    assert_int_equal(cell.fg.rgb.red, red);
    assert_int_equal(cell.fg.rgb.green, green);
    assert_int_equal(cell.fg.rgb.blue, blue);
    terminal_release(&f.terminal);
}

static void test_vtgate_colours(void **state)
{
    (void)state;
    check_colour("\x1b[38;2;1;2;3mx", 1, 2, 3);
    check_colour("\x1b[38:2::1:2:3mx", 1, 2, 3);
    check_colour("\x1b[38:2:1:2:3mx", 1, 2, 3);
    check_colour("\x1b[1;38:2::1:2:3;4:3;58:2::9:9:9mx", 1, 2, 3);
    check_colour("\x1b[38;2;1;2;3;58;2;9;9;9mx", 1, 2, 3);
}

/* Erased cells have the background alone; what a resize adds not even that. */
static void test_vtgate_blank_cells(void **state)
{
    struct fixture f;
    VTermScreenCell cell;

    (void)state;
    open_terminal(&f, 4, 10);
    feed(&f, "\x1b[4;7;44mab\x1b[K");
    assert_true(terminal_get(&f.terminal, 0, 1, &cell));
    assert_true(cell.attrs.underline == 1 && cell.attrs.reverse);
    assert_true(terminal_get(&f.terminal, 0, 2, &cell));
    assert_true(!cell.attrs.underline && !cell.attrs.reverse);
    assert_true(VTERM_COLOR_IS_INDEXED(&cell.bg) && cell.bg.indexed.idx == 4);
    vtgate_resize(&f.terminal.gate, 6, 12);
    assert_true(terminal_get(&f.terminal, 0, 11, &cell));
    assert_true(VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
    assert_true(terminal_get(&f.terminal, 5, 0, &cell));
    assert_true(VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
    feed(&f, "c");
    assert_true(terminal_get(&f.terminal, 0, 2, &cell));
    assert_true(VTERM_COLOR_IS_INDEXED(&cell.bg) && cell.bg.indexed.idx == 4);
    terminal_release(&f.terminal);
}

static void test_vtgate_events(void **state)
{
    struct fixture f;

    (void)state;
    open_terminal(&f, 4, 10);
    feed(&f, "\x1b]2;a\xc2\x9b"
             "b\xff\x1b\\");
    assert_string_equal(f.title, "ab\xef\xbf\xbd");
    feed(&f, "\x1b]0;first\x1b[m\x1b]0;second");
    assert_string_equal(f.title, "ab\xef\xbf\xbd");
    feed(&f, "\x07");
    assert_string_equal(f.title, "second");
    feed(&f, "\x1b]7;file://host/a%20b/%1bc\x07");
    assert_string_equal(f.directory, "/a b/c");
    feed(&f, "\x1b]8;id=1;http://x/y\x1b\\");
    assert_string_equal(f.link, "http://x/y");
    feed(&f, "\x1b]8;;\x1b\\");
    assert_string_equal(f.link, "");
    feed(&f, "ab\x1b[6n\x1b[c\x1b[?1$p"); /* the gate answers nothing */
    assert_int_equal(vterm_output_get_buffer_current(f.terminal.vt), 0);
    terminal_release(&f.terminal);
}

static void test_vtgate_resize(void **state)
{
    struct fixture f;
    VTermPos cursor;

    (void)state;
    open_terminal(&f, 6, 20);
    feed(&f, "\x1b[3;5r\x1b[?6h\x1b[1;1Habc");
    vtgate_resize(&f.terminal.gate, 2, 1);
    assert_int_equal(f.terminal.gate.cols, 2);
    vterm_state_get_cursorpos(f.terminal.gate.state, &cursor);
    assert_in_range(cursor.row, 0, 1);
    assert_in_range(cursor.col, 0, 1);
    vtgate_resize(&f.terminal.gate, 5000, 5000);
    assert_int_equal(f.terminal.gate.rows, VTGATE_ROWS_MAX);
    feed(&f, "\x1b[2J\x1b[1;1Hok");
    assert_string_equal(rows_of(&f), "ok");
    terminal_release(&f.terminal);
    open_terminal(&f, 4, 10); /* the alternate screen loses its last rows */
    feed(&f, "\x1b[?1049h1\r\n2\r\n3\r\n4\x1b[2;1H");
    vtgate_resize(&f.terminal.gate, 2, 10);
    assert_string_equal(rows_of(&f), "1|2");
    terminal_release(&f.terminal);
}

/* Streams that crashed or hung libvterm without the gate; 0xff and two bytes are a resize. */
static void run_seed(const char *path)
{
    scoped_file FILE *file = fopen(path, "re");
    unsigned char data[8192];
    struct fixture f;
    size_t n;

    assert_non_null(file);
    n = fread(data, 1, sizeof data, file);
    open_terminal(&f, 6, 12);
    for (size_t i = 0; i < n; i++) {
        if (data[i] == 0xff && i + 2 < n) {
            vtgate_resize(&f.terminal.gate, 1 + data[i + 1] % 40, 2 + data[i + 2] % 60);
            i += 2;
        } else {
            vtgate_feed(&f.terminal.gate, (const char *)data + i, 1);
        }
    }
    feed(&f, "\x18\x1b[?1049l\x1b"
             "cstill here");
    assert_true(f.terminal.gate.cols < 11 || strcmp(rows_of(&f), "still here") == 0);
    terminal_release(&f.terminal);
}

static void test_vtgate_known_crashes(void **state)
{
    scoped_dir DIR *dir = opendir(SEEDS);
    const struct dirent *entry;
    int count = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        char path[512];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", SEEDS, entry->d_name);
        run_seed(path);
        count++;
    }
    assert_true(count >= 15);
}

/* ---- the width table ---- */

/* Whichever libvterm is installed: each character takes the columns that the table says, and comes
 * back as itself; a mark joins the character before it. */
static void test_every_character_is_as_wide_as_the_table_says(void **state)
{
    struct fixture f;

    (void)state;
    open_terminal(&f, 2, 20);
    for (uint32_t c = 0xa0; c <= 0x10ffff; c++) {
        char text[8] = "\ra";
        VTermScreenCell cell;
        VTermPos cursor;
        int width;

        if (c == 0xd800)
            c = 0xe000;
        width = term_width(c);
        vtgate_feed(&f.terminal.gate, text, 2 + term_encode(c, text + 2));
        vterm_state_get_cursorpos(f.terminal.gate.state, &cursor);
        terminal_get(&f.terminal, 0, width ? 1 : 0, &cell);
        if (cursor.col != 1 + width || cell.chars[width ? 0 : 1] != c)
            fail_msg("U+%X: column %d, not %d", (unsigned)c, cursor.col, 1 + width);
    }
    terminal_release(&f.terminal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vtgate_feed_screens),
        cmocka_unit_test(test_vtgate_feed_split),
        cmocka_unit_test(test_vtgate_colours),
        cmocka_unit_test(test_vtgate_blank_cells),
        cmocka_unit_test(test_vtgate_events),
        cmocka_unit_test(test_vtgate_resize),
        cmocka_unit_test(test_vtgate_known_crashes),
        cmocka_unit_test(test_every_character_is_as_wide_as_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
