/*
 * What a renderer's child may say to its pane. The first two bytes choose the part of the screen
 * that is shown; the rest is a painted body. Whatever it holds, the view stays sound: its text is
 * valid UTF-8 without controls, wide characters are whole, and it can be told again and read again
 * to the same cells.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/term/pane_wire.h"
#include "vmm/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_row(const struct term_cell *cells, int cols)
{
    scoped_buf text = BUF_INIT(1 << 20);
    scoped_buf told = BUF_INIT(1 << 20);
    scoped_free struct term_cell *again = calloc((size_t)cols, sizeof(*again));
    struct reader r;

    require(again && term_cells_text(&text, cells, cols));
    require(utf8_is_valid(text.data, text.len));
    for (size_t i = 0; i < text.len; i++)
        require((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f);
    for (int i = 0; i < cols; i++) {
        require(cells[i].width <= 2 && (cells[i].width != 0 || (i > 0 && cells[i - 1].width == 2)));
        require(cells[i].width != 2 || (i + 1 < cols && cells[i + 1].width == 0));
    }
    require(term_row_put(&told, cells, cols));
    r = reader_of(told.data, told.len);
    require(term_row_take(&r, again, cols, NULL) && !rd_left(&r));
    for (int i = 0; i < cols; i++) {
        struct term_cell cell = cells[i];
        if (!again[i].chars[0] && cell.chars[0] == ' ')
            cell.chars[0] = 0; /* blanks at the end are not told */
        require(memcmp(again[i].chars, cell.chars, sizeof(cell.chars)) == 0 &&
                again[i].width == cell.width && term_cell_same_style(&again[i], &cell));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pane_view view = { .rows = 1, .cols = 2 };
    struct pane_rect rect = { 0, 0, 1, 1 };

    if (size < 2)
        return 0;
    rect.rows = 1 + data[0] % 8;
    rect.cols = 1 + data[1] % 40;
    require(pane_view_set_rect(&view, &rect));
    if (pane_view_take(&view, data + 2, size - 2)) {
        require(view.rows >= 1 && view.cols >= 2 && view.cursor_row < view.rows &&
                view.cursor_col < view.cols && utf8_is_valid(view.title, strlen(view.title)));
        for (int i = 0; i < rect.rows; i++)
            check_row(view.cell + i * rect.cols, rect.cols);
    }
    pane_view_release(&view);
    return 0;
}
