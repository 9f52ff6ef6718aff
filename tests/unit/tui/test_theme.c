/* What is written in each role can be read, also on a selected line. */
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
            if (i != ROLE_BORDER && color_contrast(s.fg, s.bg) < 4)
                fail_msg("%s: role %d has %.2f", names[n], i, color_contrast(s.fg, s.bg));
        }
    }
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
        cmocka_unit_test(test_selected_line_of_sixteen),
        cmocka_unit_test(test_color_contrast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
