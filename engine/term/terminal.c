/* engine/term/terminal.c: libvterm behind its gate. */
#include "engine/term/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/width.h"
#include "vmm/base/sandbox.h"

static void *terminal_arena_alloc(size_t size, void *unused)
{
    void *p = calloc(1, size);

    (void)unused;
    if (!p) /* libvterm does not check for NULL */
        sandbox_exhausted();
    return p;
}

static void terminal_arena_free(void *p, void *unused)
{
    (void)unused;
    free(p);
}

void terminal_init(struct terminal *t, int rows, int cols, const VTermScreenCallbacks *callbacks,
                   const struct vtgate_events *events, void *user)
{
    static VTermAllocatorFunctions arena = { terminal_arena_alloc, terminal_arena_free };

    vtgate_clamp_size(&rows, &cols);
    t->vt = vterm_new_with_allocator(rows, cols, &arena, NULL);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_set_callbacks(t->screen, callbacks, user);
    vterm_screen_set_damage_merge(t->screen, VTERM_DAMAGE_SCROLL);
    vterm_screen_enable_altscreen(t->screen, 1);
    vtgate_init(&t->gate, t->vt, events, user);
}

void terminal_release(struct terminal *t)
{
    vterm_free(t->vt);
    t->vt = NULL;
}

size_t terminal_heap_bytes(int rows, int cols)
{
    vtgate_clamp_size(&rows, &cols);
    /* two screens of 40-byte cells, twice while resizing, and what is derived from them */
    return ((size_t)16 << 20) + (size_t)rows * (size_t)cols * 256;
}

static uint32_t color_of(const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
        return TERM_COLOR_DEFAULT;
    if (VTERM_COLOR_IS_INDEXED(c))
        return TERM_COLOR_INDEX(c->indexed.idx);
    return TERM_COLOR_RGB((uint32_t)c->rgb.red << 16 | (uint32_t)c->rgb.green << 8 | c->rgb.blue);
}

static uint16_t attr_of(const VTermScreenCellAttrs *a)
{
    return (uint16_t)((a->bold ? TERM_BOLD : 0) | (a->italic ? TERM_ITALIC : 0) |
                      (unsigned)a->underline << TERM_UNDERLINE_SHIFT | (a->blink ? TERM_BLINK : 0) |
                      (a->reverse ? TERM_REVERSE : 0) | (a->strike ? TERM_STRIKE : 0) |
                      (a->font & VTGATE_FONT_DIM ? TERM_DIM : 0) |
                      (a->font & VTGATE_FONT_CONCEAL ? TERM_CONCEAL : 0));
}

#define RIGHT_HALF ((uint32_t)-1)

static bool get_cell(const struct terminal *t, int row, int col, VTermScreenCell *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (row < 0 || row >= t->gate.rows || col < 0 || col >= t->gate.cols ||
        !vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, ret))
        return false;
    ret->chars[0] = vtgate_character(ret->chars[0]);
    if (!ret->chars[0] || ret->chars[0] == RIGHT_HALF) /* erased: only the colours are left */
        ret->attrs = (VTermScreenCellAttrs){ 0 };
    return true;
}

static bool is_left_half(const VTermScreenCell *cell)
{
    return cell->chars[0] && cell->chars[0] != RIGHT_HALF && term_width(cell->chars[0]) == 2;
}

bool terminal_get(const struct terminal *t, int row, int col, VTermScreenCell *ret)
{
    VTermScreenCell beside;
    bool alone = false;

    if (!get_cell(t, row, col, ret))
        return false;
    if (ret->chars[0] == RIGHT_HALF)
        alone = !get_cell(t, row, col - 1, &beside) || !is_left_half(&beside);
    else if (is_left_half(ret))
        alone = !get_cell(t, row, col + 1, &beside) || beside.chars[0] != RIGHT_HALF;
    if (alone) {
        memset(ret->chars, 0, sizeof(ret->chars));
        ret->width = 1;
    }
    return true;
}

static struct term_cell cell_of(const VTermScreenCell *cell)
{
    struct term_cell c = { .fg = color_of(&cell->fg),
                           .bg = color_of(&cell->bg),
                           .attr = attr_of(&cell->attrs),
                           .width = 1 };

    if (cell->chars[0] == RIGHT_HALF) {
        c.width = 0;
        return c;
    }
    for (int i = 0; i < TERM_CELL_CHARS && cell->chars[i]; i++)
        c.chars[i] = cell->chars[i];
    if (cell->width == 2)
        c.width = 2;
    return c;
}

void terminal_row(const struct terminal *t, int row, int left, int n, struct term_cell *ret)
{
    VTermScreenCell cell;

    for (int i = 0; i < n; i++) {
        ret[i] = terminal_get(t, row, left + i, &cell) ? cell_of(&cell) : TERM_CELL_BLANK;
        if (i == 0 && ret[i].width == 0) /* the left half is not shown */
            ret[i].width = 1;
    }
}
