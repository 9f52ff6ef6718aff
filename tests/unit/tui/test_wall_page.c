/* Pages of the wall: every tile is on one, in its order, lively ones readable and idle ones below. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tui/wall_page.h"

static void check_page(const struct wall_page *p, int height, int width)
{
    static char seen[120][260];

    memset(seen, 0, sizeof(seen));
    assert_true(p->shown >= 1 && p->shown <= TILES_MAX && p->lively <= p->shown);
    for (int i = 0; i < p->shown; i++) {
        struct area a = wall_page_place(p, i);
        assert_true(a.top >= 0 && a.left >= 0);
        assert_true(a.top + a.rows <= height && a.left + a.cols <= width);
        assert_true(a.cols >= TILE_COLS_MIN);
        assert_true(i < p->lively ? a.rows >= TILE_ROWS_MIN : a.rows == TILE_ROWS_IDLE);
        for (int row = a.top; row < a.top + a.rows; row++)
            for (int col = a.left; col < a.left + a.cols; col++) {
                assert_int_equal(seen[row][col], 0);
                seen[row][col] = 1;
            }
        assert_int_equal(wall_page_find(p, a.top, a.left), i);
    }
}

static void test_wall_page_has_each_tile_once(void **state)
{
    (void)state;
    for (int height = 12; height <= 120; height += 9)
        for (int width = 26; width <= 260; width += 19)
            for (int lively = 0; lively <= 70; lively += 7)
                for (int idle = lively ? 0 : 1; idle <= 70; idle += 9) {
                    struct wall_tiles tiles = { lively, idle };
                    int next = 0, before = 0;
                    while (next < lively + idle) {
                        struct wall_page p = wall_page_fit(tiles, next, height, width);
                        struct wall_page last =
                            wall_page_fit(tiles, next + p.shown - 1, height, width);
                        assert_int_equal(p.first, next);
                        assert_int_equal(last.first, next);
                        assert_int_equal(p.before, before);
                        check_page(&p, height, width);
                        before = next;
                        next += p.shown;
                    }
                    assert_int_equal(next, lively + idle);
                }
}

static void test_wall_page_makes_room(void **state)
{
    struct wall_page p = wall_page_fit((struct wall_tiles){ 2, 9 }, 0, 22, 80);

    (void)state;
    assert_int_equal(p.shown, 11);
    assert_int_equal(p.lively, 2);
    assert_int_equal(wall_page_place(&p, 0).rows, 16); /* three rows of three idle ones below */
    assert_int_equal(wall_page_place(&p, 2).top, 16);
    assert_false(wall_page_is_crowded(4, 22, 80));
    assert_true(wall_page_is_crowded(5, 22, 80));
    assert_false(wall_page_is_crowded(1, 8, 40));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall_page_has_each_tile_once),
        cmocka_unit_test(test_wall_page_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
