/* What is written in each role can be read, also on a selected line. */
#include <stdlib.h>

#include "tests/unit/unit.h"
#include "tui/draw.h"
#include "tui/theme.h"

/* Text, and the grounds on which any of it is written. */
static const enum role texts[] = { ROLE_TEXT,   ROLE_DIM,    ROLE_HEADER, ROLE_LABEL,
                                   ROLE_ACCENT, ROLE_GOOD,   ROLE_WARN,   ROLE_BAD,
                                   ROLE_IDLE,   ROLE_MARKED, ROLE_FRESH };
static const enum role grounds[] = { ROLE_TEXT,         ROLE_BAR,          ROLE_SELECTED,
                                     ROLE_SELECTED_DIM, ROLE_DIALOG,       ROLE_INPUT,
                                     ROLE_BUTTON,       ROLE_BUTTON_FOCUS, ROLE_SELECTION };

static void test_style_on_can_be_read(void **state)
{
    static const char *const names[] = { "dark", "light" };

    (void)state;
    for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
        color_limit(DEPTH_TRUE);
        assert_true(theme_choose(names[n]));
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
            for (size_t j = 0; j < ARRAY_SIZE(grounds); j++) {
                struct style on = style_on(theme_style(texts[i]), theme_style(grounds[j]));
                double contrast = color_contrast(on.fg, on.bg);
                if (contrast < COLOR_CONTRAST)
                    fail_msg("%s: role %d on %d has %.2f", names[n], texts[i], grounds[j],
                             contrast);
            }
        for (int i = 0; i < ROLE_COUNT; i++) {
            struct style s = theme_style((enum role)i);
            if (i != ROLE_BORDER && i != ROLE_SHADE && color_contrast(s.fg, s.bg) < 4)
                fail_msg("%s: role %d has %.2f", names[n], i, color_contrast(s.fg, s.bg));
        }
    }
}

/* Where there are 256 colours, bars, dialogs and the selected line differ from the ground, and text
 * can be read on each. */
static void test_themes_in_256_colours(void **state)
{
    static const enum role apart[] = { ROLE_BAR, ROLE_SELECTED, ROLE_INPUT };
    static const char *const names[] = { "dark", "light" };

    (void)state;
    for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
        color_limit(DEPTH_TRUE);
        assert_true(theme_choose(names[n]));
        for (size_t j = 0; j < ARRAY_SIZE(apart); j++) {
            double contrast = color_contrast(color_shown(theme_style(apart[j]).bg, 256),
                                             color_shown(theme_style(ROLE_TEXT).bg, 256));
            if (contrast < 1.2)
                fail_msg("%s: the ground of role %d has %.2f", names[n], apart[j], contrast);
        }
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
            for (size_t j = 0; j < ARRAY_SIZE(grounds); j++) {
                struct style ground = theme_style(grounds[j]), on;
                double contrast;
                ground.bg = COLOUR_RGB(color_shown(ground.bg, 256));
                on = style_on(theme_style(texts[i]), ground);
                contrast = color_contrast(color_shown(on.fg, 256), on.bg);
                if (contrast < 3.7)
                    fail_msg("%s: role %d on %d has %.2f", names[n], texts[i], grounds[j],
                             contrast);
            }
    }
}

/* GNU screen hands COLORTERM on and shows no 24-bit colours; tmux may have the same TERM. */
static void test_color_claims_direct(void **state)
{
    (void)state;
    setenv("COLORTERM", "truecolor", 1);
    unsetenv("TMUX");
    unsetenv("STY");
    setenv("TERM", "xterm-256color", 1);
    assert_true(color_claims_direct());
    setenv("TERM", "screen.xterm-256color", 1);
    assert_false(color_claims_direct());
    setenv("TERM", "screen-256color", 1);
    setenv("TMUX", "/tmp/tmux-0/default,1,0", 1);
    assert_true(color_claims_direct());
    setenv("STY", "1.pts-0.host", 1);
    assert_false(color_claims_direct());
}

/* The terminal's own sixteen may be any colours: the selected line is reversed there. */
static void test_selected_line_of_sixteen(void **state)
{
    struct style on;

    (void)state;
    assert_true(theme_choose("16"));
    on = style_on(theme_style(ROLE_DIM), theme_style(ROLE_SELECTED));
    assert_true(on.attrs & A_REVERSE);
    assert_false(on.attrs & A_DIM);
    assert_int_equal(on.fg, COLOUR_DEFAULT);
}

static void test_color_contrast(void **state)
{
    (void)state;
    assert_true(color_contrast(0, 0xffffff) > 20.9);
    assert_true(color_contrast(0x777777, 0x777777) < 1.01);
    assert_true(color_contrast(0x7d8594, 0x2c4a6e) < 2.6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_style_on_can_be_read),
        cmocka_unit_test(test_themes_in_256_colours),
        cmocka_unit_test(test_color_claims_direct),
        cmocka_unit_test(test_selected_line_of_sixteen),
        cmocka_unit_test(test_color_contrast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
