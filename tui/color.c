/* tui/color.c: depth, nearest colours and the hash of pairs. */
#include "tui/color.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/cell.h"

#define SLOTS 131072 /* a power of two, twice the pairs there can be */
#define PAIRS_MAX 65000
#define PALETTE_BLACK 16 /* of the colour cube: nobody chooses another */

struct slot {
    uint32_t fg, bg;
    int pair; /* 0: free */
};

static struct {
    enum color_depth depth;
    bool direct; /* ncurses takes 24 bits */
    int colors;  /* palette entries that ncurses takes: 8, 16, 256 */
    int pair_max, next_pair;
    struct slot *slots;
} state;

/* The first 16 as xterm has them; users change theirs, but not so that nearness is lost. */
static const uint32_t base_palette[16] = { 0x000000, 0xcd0000, 0x00cd00, 0xcdcd00,
                                           0x1e6feb, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
                                           0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                           0x5c9cff, 0xff00ff, 0x00ffff, 0xffffff };

static uint32_t palette_rgb(int index)
{
    return index < 16 ? base_palette[index] : term_palette_rgb((unsigned)index);
}

static long distance(uint32_t a, uint32_t b)
{
    long red = (long)(a >> 16 & 255) - (long)(b >> 16 & 255);
    long green = (long)(a >> 8 & 255) - (long)(b >> 8 & 255);
    long blue = (long)(a & 255) - (long)(b & 255);

    return 3 * red * red + 6 * green * green + blue * blue;
}

/* The nearest palette entry of the first `count` (16 or 256) to 24 bits. */
static int color_nearest(uint32_t rgb, int count)
{
    /* With 256 there, the first 16 are left out: they are whatever the user likes. */
    int first = count > 16 ? 16 : 0, best = first;
    long best_distance = distance(rgb, palette_rgb(first));

    for (int i = first + 1; i < count; i++) {
        long d = distance(rgb, palette_rgb(i));
        if (d < best_distance)
            best_distance = d, best = i;
    }
    return best;
}

uint32_t color_shown(uint32_t rgb, int count)
{
    return palette_rgb(color_nearest(rgb & 0xffffff, count));
}

bool color_wants_none(void)
{
    const char *no_color = getenv("NO_COLOR");

    return no_color && *no_color;
}

/* GNU screen passes COLORTERM on from the terminal that it runs in, but shows no 24-bit colours of
 * its own; tmux, which may have the same TERM, does. */
static bool is_gnu_screen(void)
{
    const char *term = getenv("TERM");

    return term && !strncmp(term, "screen", 6) && (!getenv("TMUX") || getenv("STY"));
}

bool color_claims_direct(void)
{
    const char *claim = is_gnu_screen() ? NULL : getenv("COLORTERM");

    return claim && (!strcmp(claim, "truecolor") || !strcmp(claim, "24bit"));
}

void color_init(bool direct)
{
    free(state.slots);
    memset(&state, 0, sizeof(state));
    state.direct = direct;
    state.colors = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : 8;
    state.depth = COLORS < 8      ? DEPTH_MONO
                  : direct        ? DEPTH_TRUE
                  : COLORS >= 256 ? DEPTH_256
                                  : DEPTH_16;
    state.pair_max = COLOR_PAIRS - 1 < PAIRS_MAX ? COLOR_PAIRS - 1 : PAIRS_MAX;
    state.next_pair = 1;
    state.slots = calloc(SLOTS, sizeof(*state.slots));
    if (!state.slots)
        state.depth = DEPTH_MONO;
}

enum color_depth color_depth(void)
{
    return state.depth;
}

void color_limit(enum color_depth depth)
{
    if (depth < state.depth)
        state.depth = depth;
}

/* For ncurses: -1 for the default, an index, or 24 bits (which are above the indices: black is that
 * of the 256, and a blue too dark to be above them is made a little green). */
static int curses_color(uint32_t colour)
{
    uint32_t rgb = colour & 0xffffff;
    int index;

    if (colour == COLOUR_DEFAULT)
        return -1;
    if (colour & 0x02000000u) {
        if (state.depth == DEPTH_TRUE)
            return !rgb ? PALETTE_BLACK : (int)(rgb < 256 ? rgb | 0x100 : rgb);
        index = color_nearest(rgb, state.depth == DEPTH_256 ? 256 : 16);
    } else {
        index = (int)(colour & 255);
        if (state.depth == DEPTH_16 && index >= 16)
            index = color_nearest(palette_rgb(index), 16);
    }
    return index >= state.colors ? index % state.colors : index;
}

static uint32_t hash(uint32_t fg, uint32_t bg)
{
    uint64_t key = (uint64_t)fg << 32 | bg;

    return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 40);
}

/* Of one channel: from sRGB to linear light, by the polynomial that needs no power. */
static double linear(uint32_t channel)
{
    double c = (double)channel / 255;

    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

static double luminance(uint32_t rgb)
{
    return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) +
           0.0722 * linear(rgb & 255);
}

double color_contrast(uint32_t a, uint32_t b)
{
    double x = luminance(a), y = luminance(b);

    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

uint32_t color_readable(uint32_t fg, uint32_t bg, uint32_t readable)
{
    uint32_t mixed = fg;

    if (!(fg & bg & readable & 0x02000000u))
        return fg;
    if (state.depth == DEPTH_256)
        bg = COLOUR_RGB(color_shown(bg, 256));
    for (uint32_t part = 1; part <= 8 && color_contrast(mixed, bg) < COLOR_CONTRAST; part++) {
        mixed = 0;
        for (int shift = 0; shift < 24; shift += 8)
            mixed |= (((fg >> shift & 255) * (8 - part) + (readable >> shift & 255) * part) / 8)
                     << shift;
        mixed = COLOUR_RGB(mixed);
    }
    return mixed;
}

/* When the pairs ran out: the nearest of sixteen colours that has one already, or the default. */
static int coarse_pair(uint32_t fg, uint32_t bg)
{
    uint32_t coarse[2] = { fg, bg };

    for (int i = 0; i < 2; i++)
        if (coarse[i] != COLOUR_DEFAULT)
            coarse[i] = COLOUR_INDEX(coarse[i] & 0x02000000u
                                         ? color_nearest(coarse[i] & 0xffffff, 16)
                                         : color_nearest(palette_rgb((int)(coarse[i] & 255)), 16));
    for (uint32_t at = hash(coarse[0], coarse[1]);; at++) {
        const struct slot *s = &state.slots[at % SLOTS];
        if (!s->pair)
            break;
        if (s->fg == coarse[0] && s->bg == coarse[1])
            return s->pair;
    }
    return 0;
}

int color_pair(uint32_t fg, uint32_t bg)
{
    struct slot *s;

    if (state.depth == DEPTH_MONO || (fg == COLOUR_DEFAULT && bg == COLOUR_DEFAULT))
        return 0;
    for (uint32_t at = hash(fg, bg);; at++) {
        s = &state.slots[at % SLOTS];
        if (!s->pair)
            break;
        if (s->fg == fg && s->bg == bg)
            return s->pair;
    }
    if (state.next_pair > state.pair_max)
        return coarse_pair(fg, bg);
    if (init_extended_pair(state.next_pair, curses_color(fg), curses_color(bg)) == ERR)
        return 0;
    *s = (struct slot){ fg, bg, state.next_pair };
    return state.next_pair++;
}
