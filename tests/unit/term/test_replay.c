/* Replayed output draws the same and asks nothing. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/replay.h"

static bool replay_all(const char *bytes, size_t n, struct buf *ret)
{
    struct replay r;

    replay_init(&r, false);
    return replay_feed(&r, bytes, n, ret);
}

static void test_replay_keeps_drawing_and_drops_questions(void **state UNUSED)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "plain \xc3\xa9\r\n", "plain \xc3\xa9\r\n" },
        { "\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m" },
        { "\x1b[38:2::1:2:3mx", "\x1b[38:2::1:2:3mx" },
        { "\x1b[?1049h\x1b[?25l", "\x1b[?1049h\x1b[?25l" },
        { "\x1b[2J\x1b[H\x1b[5;10r", "\x1b[2J\x1b[H\x1b[5;10r" },
        { "\x1b(0lqk\x1b(B", "\x1b(0lqk\x1b(B" },
        { "\x1b]0;title\x07", "\x1b]0;title\x1b\\" },
        { "\x1b[H\x1b[2J\x1b[3J", "\x1b[H\x1b[2J" },
        { "\x1b[1;2;3T\x1b[2T", "\x1b[2T" },
        { "\x1b]2;a\xc2\x9c\xc2\x9b"
          "6n\x9b"
          "c\x07",
          "\x1b]2;a6n\xef\xbf\xbd"
          "c\x1b\\" },
        { "\x1b[5i\x1b[?5ix\x1b[8;10;10t\x1b[22;0t\x1b[>2t", "x" }, /* printing; the window */
        { "\x1b[?m\x1b[?1;1S\x1b[1;1;1;1;1;1*y\x1b['|\x1b[\"v\x1b[1$w", "" }, /* questions */
        { "\x1b[>4;2m\x1b[>1u\x1b[=1u\x1b[2h\x1b[12l\x1b[?3;40h\x1b[?1034h",
          "" }, /* keys; columns */
        { "\x1b%@\x1b G\x1bn\x1b|\x11\x13\x1b(A\x1b#8\x1b#3", "\x1b(A\x1b#8" },
        { "a\x1b[6nb\x1b[cc\x1b[>c\x1b[>q\x1b[18t\x1b[?u\x1b[?2026$pd", "abcd" },
        { "\x1b]11;?\x07\x1b]52;c;?\x07\x1bP+q544e\x1b\\x", "x" },
        { "\x1bZ\x05\x07x", "x" },
        { "cut\x1b[3", "cut" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_buf out = BUF_INIT(4096);
        assert_true(replay_all(cases[i].in, strlen(cases[i].in), &out));
        assert_string_equal(out.data ? out.data : "", cases[i].out);
    }
}

/* Cut anywhere, it is the same; and a bell rings. */
static void test_replay_feed_in_pieces(void **state UNUSED)
{
    static const char in[] = "a\x1b[6n\x07\x1b]11;?\x1b\\\x1b[1mb\x1b]52;c;eA==\x07\xc3\xa9\x1b[cz";

    for (size_t cut = 0; cut < sizeof(in) - 1; cut++) {
        scoped_free struct replay *r = malloc(sizeof(*r));
        scoped_buf out = BUF_INIT(4096);
        assert_non_null(r);
        replay_init(r, true);
        assert_true(replay_feed(r, in, cut, &out));
        assert_true(replay_feed(r, in + cut, sizeof(in) - 1 - cut, &out));
        assert_string_equal(out.data, "a\x07\x1b[1mb\xc3\xa9z");
    }
}

/* A muted one leaves the terminal saying what is typed and nothing else. */
static void test_replay_muted(void **state UNUSED)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "\x1b[?1000h\x1b[?1003;1006h\x1b[?2004h\x1b[?1004hx", "x" },
        { "\x1b[?1049;1002;25h", "\x1b[?1049;25h" },
        { "\x1b[>4;2m\x1b[>1u\x1b[=1u\x1b=\x1b>x", "x" },
        { "\x1b[8;10;10t\x1b[2t\x1b[5i\x1b[?5ix", "x" },
        { "\x1b[?2J\x1b[1mx\x1b[?7l", "\x1b[?2J\x1b[1mx\x1b[?7l" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_buf out = BUF_INIT(4096);
        struct replay r;
        replay_init(&r, false);
        r.mute = true;
        assert_true(replay_feed(&r, cases[i].in, strlen(cases[i].in), &out));
        assert_string_equal(out.data ? out.data : "", cases[i].out);
    }
}

/* Whatever mode passes is ended by REPLAY_UNDO; the tracker knows the alternate screen. */
static void test_replay_undo_ends_every_mode(void **state UNUSED)
{
    static const int tracked[] = { 47, 1047, 1048, 1049 };

    for (int mode = 0; mode < 10000; mode++) {
        scoped_buf out = BUF_INIT(4096);
        char on[32], undo[32], other[32];
        bool is_tracked = false;
        for (size_t i = 0; i < ARRAY_SIZE(tracked); i++)
            is_tracked |= tracked[i] == mode;
        for (int private = 0; private < 2; private ++) {
            snprintf(on, sizeof(on), "\x1b[%s%dh", private ? "?" : "", mode);
            snprintf(undo, sizeof(undo), "\x1b[%s%dl", private ? "?" : "", mode);
            snprintf(other, sizeof(other), "\x1b[%s%dh", private ? "?" : "", mode);
            buf_clear(&out);
            assert_true(replay_all(on, strlen(on), &out));
            if (out.len && !is_tracked && !strstr(REPLAY_UNDO, undo) && !strstr(REPLAY_UNDO, other))
                fail_msg("mode %s%d is not ended", private ? "?" : "", mode);
        }
    }
}

static void test_replay_full_buffer_is_told(void **state UNUSED)
{
    scoped_buf out = BUF_INIT(4);

    assert_false(replay_all("12345", 5, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay_keeps_drawing_and_drops_questions),
        cmocka_unit_test(test_replay_feed_in_pieces),
        cmocka_unit_test(test_replay_muted),
        cmocka_unit_test(test_replay_undo_ends_every_mode),
        cmocka_unit_test(test_replay_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
