/*
 * The gate and libvterm together, as a pane drives them. In the input 0xff and two bytes resize,
 * 0xfe and three bytes are the mouse, 0xfd ends a write; all else is terminal output. libvterm gets
 * every write in memory of exactly its size. At the end the cursor is on the screen, every cell can
 * be read. What passes to a real terminal asks nothing, has no C1 control, and passes again as it
 * is. What a program wants noticed does not depend on how its output was cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/replay.h"
#include "engine/term/screen.h"
#include "engine/term/track.h"
#include "engine/term/vtgate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static VTermScreen *screen;
static VTerm *vt;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_cells(VTermRect rect)
{
    int rows, cols;
    VTermScreenCell cell;

    vterm_get_size(vt, &rows, &cols);
    for (int row = rect.start_row; row < rect.end_row && row < rows; row++) {
        for (int col = rect.start_col; col < rect.end_col && col < cols; col++)
            vterm_screen_get_cell(screen, (VTermPos){ row, col }, &cell);
    }
}

static int on_damage(VTermRect rect, void *user)
{
    (void)user;
    read_cells(rect);
    return 1;
}

static int on_pushline(int cols, const VTermScreenCell *cells, void *user)
{
    volatile uint32_t sum = 0;

    (void)user;
    for (int i = 0; i < cols; i++)
        sum += cells[i].chars[0];
    (void)sum;
    return 1;
}

static void on_text(void *user, const char *text)
{
    (void)user;
    require(strlen(text) <= VT_SEQUENCE_MAX);
}

static void feed(struct vtgate *g, const uint8_t *bytes, size_t n)
{
    char *exact = malloc(n ? n : 1);

    require(exact != NULL);
    memcpy(exact, bytes, n);
    vtgate_feed(g, exact, n);
    free(exact);
}

static size_t step(struct vtgate *g, const uint8_t *data, size_t size)
{
    size_t n = 1;

    if (data[0] == 0xff && size > 2) {
        vtgate_resize(g, 1 + data[1] % 40, 2 + data[2] % 60);
        return 3;
    }
    if (data[0] == 0xfe && size > 3) {
        vterm_mouse_move(vt, data[1] % g->rows, data[2] % g->cols, data[3] & 7);
        vterm_mouse_button(vt, 1 + (data[3] >> 3) % 9, data[3] & 1, 0);
        return 4;
    }
    if (data[0] == 0xfd) {
        vterm_screen_flush_damage(screen);
        return 1;
    }
    while (n < size && data[n] < 0xfd)
        n++;
    feed(g, data, n);
    return n;
}

static void on_track(void *user, const struct track_event *e)
{
    (void)user;
    require(e->kind != TRACK_QUERY);
}

static void replay_in_halves(const char *bytes, size_t n, struct buf *ret)
{
    static struct replay replay;

    replay_init(&replay, true);
    require(replay_feed(&replay, bytes, n / 2, ret) &&
            replay_feed(&replay, bytes + n / 2, n - n / 2, ret));
}

static void check_replay(const char *bytes, size_t n)
{
    static struct track track;
    scoped_buf out = BUF_INIT(SIZE_MAX / 2), again = BUF_INIT(SIZE_MAX / 2);

    replay_in_halves(bytes, n, &out);
    if (!out.len)
        return;
    replay_in_halves(out.data, out.len, &again);
    require(out.len == again.len && !memcmp(out.data, again.data, out.len));
    for (size_t i = 1; i < out.len; i++)
        require(out.data[i - 1] != '\xc2' || (unsigned char)out.data[i] >= 0xa0);
    track_init(&track, 0, on_track, NULL);
    track_feed(&track, out.data, out.len);
}

static void on_notice(void *user, const struct track_event *e)
{
    if (e->kind != TRACK_NOTICE || !*e->text)
        return; /* of bells in a row one is told, for each piece */
    require(strlen(e->text) < VT_SEQUENCE_MAX);
    require(buf_printf(user, "%llu %s\n", (unsigned long long)e->offset, e->text));
}

/* What a program wants noticed is the same however the output was cut. */
static void check_notices(const char *bytes, size_t n)
{
    static struct track track;
    scoped_buf whole = BUF_INIT(SIZE_MAX / 2), cut = BUF_INIT(SIZE_MAX / 2);

    track_init(&track, 0, on_notice, &whole);
    track_feed(&track, bytes, n);
    track_init(&track, 0, on_notice, &cut);
    for (size_t i = 0; i < n; i += 3)
        track_feed(&track, bytes + i, n - i < 3 ? n - i : 3);
    require(whole.len == cut.len && (!whole.len || !memcmp(whole.data, cut.data, cut.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const VTermScreenCallbacks callbacks = { .damage = on_damage,
                                                    .sb_pushline = on_pushline };
    static const struct vtgate_events events = { .title = on_text,
                                                 .directory = on_text,
                                                 .link = on_text };
    static struct vtgate gate;
    VTermPos cursor;

    vt = vterm_new(6, 12);
    screen = vterm_obtain_screen(vt);
    vterm_screen_set_callbacks(screen, &callbacks, NULL);
    vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_SCROLL);
    vterm_screen_enable_altscreen(screen, 1);
    vtgate_init(&gate, vt, &events, NULL);
    for (size_t i = 0; i < size;)
        i += step(&gate, data + i, size - i);
    vterm_screen_flush_damage(screen);
    vterm_state_get_cursorpos(gate.state, &cursor);
    require(cursor.row >= 0 && cursor.row < gate.rows && cursor.col >= 0 && cursor.col < gate.cols);
    read_cells((VTermRect){ 0, gate.rows, 0, gate.cols });
    vterm_free(vt);
    check_replay((const char *)data, size);
    check_notices((const char *)data, size);
    return 0;
}
