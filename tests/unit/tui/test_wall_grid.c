/* How many tiles a screen has room for, in which order they stand, and that they cover it. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tui/wall_grid.h"

static void test_wall_grid_fit(void **state)
{
    static const struct {
        int count, height, width, rows, cols;
    } cases[] = {
        { 0, 22, 80, 1, 1 },    { 1, 22, 80, 1, 1 },  { 2, 22, 80, 1, 2 },
        { 6, 22, 80, 2, 3 },    { 7, 22, 80, 3, 3 },  { 9, 22, 80, 3, 3 },
        { 20, 22, 80, 3, 3 },   { 4, 38, 120, 2, 2 }, { 20, 38, 120, 5, 4 },
        { 25, 38, 120, 6, 4 },  { 6, 58, 200, 2, 3 }, { 20, 58, 200, 4, 5 },
        { 500, 58, 200, 9, 7 }, { 3, 8, 40, 1, 1 },   { 500, 300, 1000, 1, 38 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct wall_grid g = wall_grid_fit(cases[i].count, cases[i].height, cases[i].width);
        if (g.rows != cases[i].rows || g.cols != cases[i].cols)
            fail_msg("%d on %d×%d: %d below, %d beside each other", cases[i].count, cases[i].width,
                     cases[i].height, g.rows, g.cols);
    }
}

/* On any screen, with any number: no tile is too small where there is room, each cell is one
 * tile's, and as many are shown as fit. */
static void test_wall_grid_places_cover_the_screen(void **state)
{
    static char seen[120][260];

    (void)state;
    for (int height = 6; height <= 120; height += 7)
        for (int width = 26; width <= 260; width += 13)
            for (int count = 1; count <= 70; count += 3) {
                struct wall_grid g = wall_grid_fit(count, height, width);
                int size = wall_grid_size(&g);
                memset(seen, 0, sizeof(seen));
                assert_true(size >= 1 && size <= TILES_MAX);
                assert_true(size >= count || g.rows == height / TILE_ROWS_MIN ||
                            size + g.cols > TILES_MAX);
                for (int i = 0; i < size; i++) {
                    struct area p = wall_grid_place(&g, i);
                    assert_true(p.rows >= TILE_ROWS_MIN && p.cols >= TILE_COLS_MIN);
                    assert_true(p.top + p.rows <= height && p.left + p.cols <= width);
                    for (int row = 0; row < p.rows; row++)
                        memset(&seen[p.top + row][p.left], i + 1, (size_t)p.cols);
                }
                for (int row = 0; row < height; row += 3)
                    for (int col = 0; col < width; col += 5) {
                        assert_int_not_equal(seen[row][col], 0);
                        assert_int_equal(wall_grid_find(&g, size, row, col), seen[row][col] - 1);
                    }
            }
}

static void test_wall_grid_finds_no_tile_where_none_is(void **state)
{
    struct wall_grid g = wall_grid_fit(3, 38, 120);

    (void)state;
    assert_int_equal(wall_grid_size(&g), 4);
    assert_int_equal(wall_grid_find(&g, 3, 0, 0), 0);
    assert_int_equal(wall_grid_find(&g, 3, 37, 119), -1);
    assert_int_equal(wall_grid_find(&g, 4, 37, 119), 3);
    assert_int_equal(wall_grid_find(&g, 4, 38, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall_grid_fit),
        cmocka_unit_test(test_wall_grid_places_cover_the_screen),
        cmocka_unit_test(test_wall_grid_finds_no_tile_where_none_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
