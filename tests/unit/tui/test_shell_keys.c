/* tests/unit/tui/test_shell_keys.c: what a program gets for a key, a paste and the mouse, by its
 * modes.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "tui/shell_keys.h"

static struct buf got = BUF_INIT(1 << 20);
static const struct vtgate_modes none, app_cursor = { .app_cursor = true },
                                       bracketed = { .paste = true };

static void type(void *arg, const struct key_event *e)
{
    const struct vtgate_modes *modes = arg;

    if (e->kind == EVENT_KEY)
        assert_true(shell_keys_put_key(&got, e, modes));
    if (e->kind == EVENT_MOUSE)
        assert_true(shell_keys_put_mouse(&got, e, e->row, e->col, modes));
}

/* What the program reads when the operator's terminal sends `bytes`. */
static void expect(const char *bytes, const struct vtgate_modes *modes, const char *wanted)
{
    struct vtgate_modes copy = *modes;
    struct input in;

    buf_clear(&got);
    input_init(&in);
    input_feed(&in, bytes, strlen(bytes), type, &copy);
    input_flush(&in, type, &copy);
    input_release(&in);
    assert_true(buf_append(&got, "", 1));
    assert_string_equal(got.data, wanted);
}

static void ordinary_bytes(void **state)
{
    static const char *const same[] = { "a",
                                        "\r",
                                        "\t",
                                        "\x7f",
                                        "\x08",
                                        "\x01",
                                        "\x1b",
                                        "\x1b"
                                        "f",
                                        "\x1b\r",
                                        "\x1b[Z",
                                        "\x1c",
                                        "\xc3\xa9",
                                        "\x1b[",
                                        "\x1b[3~" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(same); i++)
        expect(same[i], &none, same[i]);
}

static void keys_follow_the_modes(void **state)
{
    (void)state;
    expect("\x1b[A\x1bOB\x1b[H", &none, "\x1b[A\x1b[B\x1b[H");
    expect("\x1b[A\x1bOB\x1b[H", &app_cursor, "\x1bOA\x1bOB\x1bOH");
    expect("\x1b[1;5C\x1b[3;2~", &app_cursor, "\x1b[1;5C\x1b[3;2~");
    expect("\x1bOP\x1b[15~\x1b[24~", &none, "\x1bOP\x1b[15~\x1b[24~");
    expect("\x1b[11~\x1b[1~", &none, "\x1bOP\x1b[H");
}

/* A terminal that tells keys by their codes: the program has not asked for that. */
static void codes_become_bytes(void **state)
{
    (void)state;
    expect("\x1b[97u\x1b[97;5u\x1b[97;3u\x1b[13;2u\x1b[9;2u\x1b[27u", &none,
           "a\x01\x1b"
           "a\r\x1b[Z\x1b");
    expect("\x1b[127;5u\x1b[233u", &none, "\x08\xc3\xa9");
}

/* Reports of the operator's own terminal are not the program's. */
static void answers_are_dropped(void **state)
{
    (void)state;
    expect("\x1b[?62;4c\x1b[?1;2$y", &none, "");
}

static void expect_paste(const char *text, const struct vtgate_modes *modes, const char *wanted)
{
    buf_clear(&got);
    assert_true(shell_keys_put_paste(&got, text, strlen(text), true, true, modes));
    assert_true(buf_append(&got, "", 1));
    assert_string_equal(got.data, wanted);
}

static void pastes(void **state)
{
    (void)state;
    expect_paste("two\nlines\tand\r", &none, "two\nlines\tand\r");
    expect_paste("\x1b[201~rm\x03\x7f\xc2\x9bx\xc2\xa9", &none, "[201~rmx\xc2\xa9");
    expect_paste("a\x1b[201~b", &bracketed, "\x1b[200~a[201~b\x1b[201~");
    buf_clear(&got);
    assert_true(shell_keys_put_paste(&got, "a", 1, true, false, &bracketed));
    assert_true(shell_keys_put_paste(&got, "b", 1, false, true, &bracketed));
    assert_true(buf_append(&got, "", 1));
    assert_string_equal(got.data, "\x1b[200~ab\x1b[201~");
}

static void mouse(void **state)
{
    struct vtgate_modes modes = { .mouse = 1000, .mouse_encoding = VTGATE_MOUSE_SGR };
    const char *all = "\x1b[<0;3;2M\x1b[<32;4;2M\x1b[<0;4;2m\x1b[<64;1;1M";

    (void)state;
    expect(all, &none, "");
    expect(all, &modes, "\x1b[<0;3;2M\x1b[<0;4;2m\x1b[<64;1;1M");
    modes.mouse = 1002;
    expect(all, &modes, all);
    modes.mouse_encoding = VTGATE_MOUSE_X10;
    expect(all, &modes, "\x1b[M #\"\x1b[M@$\"\x1b[M#$\"\x1b[M`!!");
    expect("\x1b[<0;300;2M", &modes, "");
    modes.mouse_encoding = VTGATE_MOUSE_UTF8;
    expect("\x1b[<0;300;2M", &modes, "\x1b[M \xc5\x8c\"");
    modes.mouse_encoding = VTGATE_MOUSE_URXVT;
    expect("\x1b[<0;300;2M", &modes, "\x1b[32;300;2M");
    modes.mouse = 9;
    expect("\x1b[<0;3;2M\x1b[<0;3;2m", &modes, "\x1b[32;3;2M");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_bytes),
        cmocka_unit_test(keys_follow_the_modes),
        cmocka_unit_test(codes_become_bytes),
        cmocka_unit_test(answers_are_dropped),
        cmocka_unit_test(pastes),
        cmocka_unit_test(mouse),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_release(&got);
    return failed;
}
