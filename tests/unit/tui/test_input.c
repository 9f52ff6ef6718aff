/* tests/unit/tui/test_input.c: what each sequence of terminal bytes means, whole and in pieces. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tui/input.h"

static struct buf said = BUF_INIT(1 << 20);

/* Writes an event as a word, so that a row of expectations reads like what it means. */
static void note(void *arg UNUSED, const struct key_event *e)
{
    static const char *const mouse[] = { "press", "release", "drag", "move", "up", "down" };
    char key[32];
    bool ok = true;

    if (said.len)
        ok = buf_append_str(&said, " ");
    switch (e->kind) {
    case EVENT_KEY:
        key_label(e->code, e->mods, key);
        ok = ok && buf_append_str(&said, e->code == K_UNKNOWN ? "unknown" : key);
        break;
    case EVENT_MOUSE:
        ok = ok && buf_printf(&said, "%s%d@%d,%d%s", mouse[e->mouse], e->button, e->row, e->col,
                              e->mods & MOD_CTRL ? "+ctrl" : "");
        break;
    case EVENT_PASTE:
        ok =
            ok && buf_printf(&said, "paste(%.*s)%s", (int)e->text_len, e->text, e->more ? "+" : "");
        break;
    case EVENT_FOCUS:
        ok = ok && buf_append_str(&said, e->focused ? "focus" : "blur");
        break;
    }
    assert_true(ok);
}

static const struct {
    const char *bytes, *events;
} rows[] = {
    { "a", "a" },
    { "aB3~", "a B 3 ~" },
    { " ", "Space" },
    { "\r", "Enter" },
    { "\t", "Tab" },
    { "\x7f", "Backspace" },
    { "\x08", "Backspace" },
    { "\x1b", "Esc" },
    { "\x01\x1a\x1c\x1d", "Ctrl-a Ctrl-z Ctrl-\\ Ctrl-]" },
    { "\n", "Ctrl-j" },
    { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7" },
    { "\x1b"
      "f",
      "Alt-f" },
    { "\x1b\xc3\xa9", "Alt-\xc3\xa9" },
    { "\x1b\r", "Alt-Enter" },
    { "\x1b\x1b[A", "Esc Up" },
    { "\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "Up Down Right Left Home End" },
    { "\x1bOA\x1bOP\x1bOS", "Up F1 F4" },
    { "\x1b[1;5C\x1b[1;3A\x1b[1;2B\x1b[1;8D", "Ctrl-Right Alt-Up Shift-Down Ctrl-Alt-Shift-Left" },
    { "\x1b[5~\x1b[6~\x1b[3~\x1b[2~\x1b[5;5~", "PgUp PgDn Del Ins Ctrl-PgUp" },
    { "\x1b[15~\x1b[24~\x1b[[A\x1b[[E", "F5 F12 F1 F5" },
    { "\x1b[Z", "Shift-Tab" },
    { "\x1b[I\x1b[O", "focus blur" },
    { "\x1b[97;5u\x1b[13;2u\x1b[27;1u", "Ctrl-a Shift-Enter Esc" },
    { "\x1b[27;5;105~", "Ctrl-i" },
    { "\x1b[57358u", "unknown" },
    { "\x1b[?1;2c", "unknown" },
    { "\x1b[999~", "unknown" },
    { "\x1b[<0;3;2M\x1b[<0;3;2m", "press1@1,2 release1@1,2" },
    { "\x1b[<2;1;1M\x1b[<32;5;5M\x1b[<35;5;5M", "press3@0,0 drag1@4,4 move0@4,4" },
    { "\x1b[<64;1;9M\x1b[<65;1;9M\x1b[<80;1;9M", "up0@8,0 down0@8,0 up0@8,0+ctrl" },
    { "\x1b[<0;99999999999999;2M", "" },
    { "\x1b[<66;1;1M\x1b[<0;1M", "" },
    { "\x1b[200~one\rtwo\x1b[201~x", "paste(one\rtwo) x" },
    { "\x1b[200~a\x1b[20\x1b[201~", "paste(a\x1b[20)" },
    { "\x1b[200~\x1b\x1b[201~", "paste(\x1b)" },
    { "\x1b[200~\x1b[201~", "paste()" },
    { "\xff", "\xef\xbf\xbd" },
    { "\xe2\x82x", "\xef\xbf\xbd x" },
    { "\xed\xa0\x80", "\xef\xbf\xbd" },
    { "\xc3", "\xef\xbf\xbd" },
    { "\xc2\x9b"
      "A",
      "unknown A" },
    { "\x1b[", "Alt-[" },
    { "\x1bO", "Alt-O" },
    { "\x1b[1;", "unknown" },
    { "\x1b[1\x1b[A", "unknown Up" },
    { "\x1b[1\xc3\xa9", "unknown \xc3\xa9" },
};

static void feed(struct input *in, const char *bytes, size_t n, size_t piece)
{
    buf_clear(&said);
    for (size_t at = 0; at < n; at += piece)
        input_feed(in, bytes + at, n - at < piece ? n - at : piece, note, NULL);
    input_flush(in, note, NULL);
}

static void test_input_sequences(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (size_t piece = 1; piece < 64; piece += piece < 4 ? 1 : 30) {
            struct input in;
            input_init(&in);
            feed(&in, rows[i].bytes, strlen(rows[i].bytes), piece);
            if (strcmp(said.data ? said.data : "", rows[i].events) != 0)
                fail_msg("row %zu in pieces of %zu: '%s', not '%s'", i, piece, said.data,
                         rows[i].events);
            assert_false(input_waits(&in));
            assert_false(in.pasting);
            input_release(&in);
        }
}

struct gathered {
    struct buf raw;
    size_t keys;
};

static void gather(void *arg, const struct key_event *e)
{
    struct gathered *g = arg;

    assert_true(buf_append(&g->raw, e->raw, e->raw_len));
    g->keys++;
}

/* Every byte that is not of a paste comes out again with its event. */
static void test_input_keeps_bytes(void **state UNUSED)
{
    static const char bytes[] = "ab\x1b[1;5C\x1bq\xc3\xa9\x1b[?1;2c\xff\x1b[999~\x1b";
    struct gathered g = { BUF_INIT(4096), 0 };
    struct input in;

    input_init(&in);
    input_feed(&in, bytes, sizeof(bytes) - 1, gather, &g);
    assert_true(input_waits(&in));
    input_flush(&in, gather, &g);
    assert_int_equal(g.raw.len, sizeof(bytes) - 1);
    assert_memory_equal(g.raw.data, bytes, sizeof(bytes) - 1);
    assert_int_equal(g.keys, 9);
    buf_release(&g.raw);
    input_release(&in);
}

static void count_paste(void *arg, const struct key_event *e)
{
    size_t *sizes = arg;

    assert_int_equal(e->kind, EVENT_PASTE);
    assert_true(e->text_len <= INPUT_PASTE_MAX);
    sizes[e->more ? 0 : 1]++;
    sizes[2] += e->text_len;
}

static void test_input_long_paste(void **state UNUSED)
{
    size_t want = INPUT_PASTE_MAX * 2 + 17, sizes[3] = { 0 };
    char *text = malloc(want);
    struct input in;

    assert_non_null(text);
    memset(text, 'x', want);
    input_init(&in);
    input_feed(&in, "\x1b[200~", 6, count_paste, sizes);
    input_feed(&in, text, want, count_paste, sizes);
    input_feed(&in, "\x1b[201~", 6, count_paste, sizes);
    assert_int_equal(sizes[0], 2);
    assert_int_equal(sizes[1], 1);
    assert_int_equal(sizes[2], want);
    free(text);
    input_release(&in);
}

static void test_key_parse(void **state UNUSED)
{
    static const char *const good[] = { "a",   "Ctrl-x",    "Alt-Enter",   "PgUp",
                                        "F12", "Shift-Tab", "Ctrl-Alt-Up", "/",
                                        "-",   "Ctrl--",    "\xc3\xa9",    "Space" };
    static const char *const bad[] = { "", "Ctrl-", "F13", "F0", "Hyper-x", "ab", "\xff", "\x1b" };
    uint32_t code;
    unsigned mods;
    char name[32];

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(key_parse(good[i], strlen(good[i]), &code, &mods));
        key_label(code, mods, name);
        assert_string_equal(name, good[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (key_parse(bad[i], strlen(bad[i]), &code, &mods))
            fail_msg("'%s' is a key", bad[i]);
}

static int release_said(void **state UNUSED)
{
    buf_release(&said);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_sequences),
        cmocka_unit_test(test_input_keeps_bytes),
        cmocka_unit_test(test_input_long_paste),
        cmocka_unit_test(test_key_parse),
    };

    return cmocka_run_group_tests(tests, NULL, release_said);
}
