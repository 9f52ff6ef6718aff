/* tui/theme.c: the schemes. */
#include "tui/theme.h"

#include <string.h>

#define RGB(x) COLOUR_RGB(0x##x)
#define IDX(n) COLOUR_INDEX(n)
#define DEF COLOUR_DEFAULT

/* The dark theme: one background, two greys, and colours that all have the same weight. */
#define D_BG RGB(16181d)
#define D_BAR RGB(2b313c)
#define D_DIALOG RGB(20242d)
static const struct style dark[ROLE_COUNT] = {
    [ROLE_TEXT] = { 0, RGB(cfd4dd), D_BG },
    [ROLE_DIM] = { 0, RGB(7d8594), D_BG },
    [ROLE_TITLE] = { A_BOLD, RGB(8fc7ff), D_BAR },
    [ROLE_BAR] = { 0, RGB(aab2c0), D_BAR },
    [ROLE_HEADER] = { 0, RGB(8a93a3), D_BG },
    [ROLE_SELECTED] = { A_BOLD, RGB(ffffff), RGB(214d7a) },
    [ROLE_SELECTED_DIM] = { 0, RGB(dfe4ec), RGB(2a303a) },
    [ROLE_MARKED] = { A_BOLD, RGB(f2c66d), D_BG },
    [ROLE_BORDER] = { 0, RGB(3d4451), D_BG },
    [ROLE_BORDER_FOCUS] = { 0, RGB(6cb2ff), D_BG },
    [ROLE_LABEL] = { 0, RGB(8a93a3), D_BG },
    [ROLE_KEY] = { A_BOLD, RGB(8fc7ff), D_BAR },
    [ROLE_KEY_LABEL] = { 0, RGB(aab2c0), D_BAR },
    [ROLE_ACCENT] = { 0, RGB(8fc7ff), D_BG },
    [ROLE_GOOD] = { 0, RGB(7fd88f), D_BG },
    [ROLE_WARN] = { 0, RGB(e8b964), D_BG },
    [ROLE_BAD] = { 0, RGB(f27d7d), D_BG },
    [ROLE_IDLE] = { 0, RGB(7d8594), D_BG },
    [ROLE_INPUT] = { 0, RGB(ffffff), RGB(2b313c) },
    [ROLE_INPUT_DIM] = { 0, RGB(959dac), RGB(2b313c) },
    [ROLE_MATCH] = { A_BOLD, RGB(16181d), RGB(e8b964) },
    [ROLE_DIALOG] = { 0, RGB(cfd4dd), D_DIALOG },
    [ROLE_DIALOG_BORDER] = { 0, RGB(6cb2ff), D_DIALOG },
    [ROLE_DANGER_BORDER] = { 0, RGB(f27d7d), D_DIALOG },
    [ROLE_BUTTON] = { 0, RGB(cfd4dd), RGB(353c49) },
    [ROLE_BUTTON_FOCUS] = { A_BOLD, RGB(ffffff), RGB(2f6db3) },
    [ROLE_WATCHING] = { A_BOLD, RGB(16181d), RGB(8fc7ff) },
    [ROLE_CONTROL] = { A_BOLD, RGB(16181d), RGB(e8b964) },
    [ROLE_FRESH] = { A_BOLD, RGB(7fd88f), D_BG },
    [ROLE_SHADE] = { 0, RGB(565e6c), RGB(101216) },
    [ROLE_SELECTION] = { 0, RGB(ffffff), RGB(3f5f8a) },
    [ROLE_ADDED] = { 0, RGB(8fe0a0), RGB(15281c) },
    [ROLE_DELETED] = { 0, RGB(f59a9a), RGB(301b1f) },
};

#define L_BG RGB(fbfbfa)
#define L_BAR RGB(dde1e7)
#define L_DIALOG RGB(eef1f5)
static const struct style light[ROLE_COUNT] = {
    [ROLE_TEXT] = { 0, RGB(24292f), L_BG },
    [ROLE_DIM] = { 0, RGB(6e7781), L_BG },
    [ROLE_TITLE] = { A_BOLD, RGB(0a58b0), L_BAR },
    [ROLE_BAR] = { 0, RGB(424a53), L_BAR },
    [ROLE_HEADER] = { 0, RGB(57606a), L_BG },
    [ROLE_SELECTED] = { A_BOLD, RGB(0b2545), RGB(c5dcf7) },
    [ROLE_SELECTED_DIM] = { 0, RGB(24292f), RGB(e1e5ea) },
    [ROLE_MARKED] = { A_BOLD, RGB(8a5a00), L_BG },
    [ROLE_BORDER] = { 0, RGB(c3c9d1), L_BG },
    [ROLE_BORDER_FOCUS] = { 0, RGB(0a69da), L_BG },
    [ROLE_LABEL] = { 0, RGB(57606a), L_BG },
    [ROLE_KEY] = { A_BOLD, RGB(0a58b0), L_BAR },
    [ROLE_KEY_LABEL] = { 0, RGB(424a53), L_BAR },
    [ROLE_ACCENT] = { 0, RGB(0a58b0), L_BG },
    [ROLE_GOOD] = { 0, RGB(116329), L_BG },
    [ROLE_WARN] = { 0, RGB(8a5a00), L_BG },
    [ROLE_BAD] = { 0, RGB(c0232c), L_BG },
    [ROLE_IDLE] = { 0, RGB(6e7781), L_BG },
    [ROLE_INPUT] = { 0, RGB(101418), RGB(dde3ea) },
    [ROLE_INPUT_DIM] = { 0, RGB(5a636d), RGB(dde3ea) },
    [ROLE_MATCH] = { A_BOLD, RGB(24292f), RGB(ffd877) },
    [ROLE_DIALOG] = { 0, RGB(24292f), L_DIALOG },
    [ROLE_DIALOG_BORDER] = { 0, RGB(0a69da), L_DIALOG },
    [ROLE_DANGER_BORDER] = { 0, RGB(c0232c), L_DIALOG },
    [ROLE_BUTTON] = { 0, RGB(24292f), RGB(d3d9e1) },
    [ROLE_BUTTON_FOCUS] = { A_BOLD, RGB(ffffff), RGB(0a69da) },
    [ROLE_WATCHING] = { A_BOLD, RGB(ffffff), RGB(0a58b0) },
    [ROLE_CONTROL] = { A_BOLD, RGB(ffffff), RGB(8a5a00) },
    [ROLE_FRESH] = { A_BOLD, RGB(116329), L_BG },
    [ROLE_SHADE] = { 0, RGB(8e959d), RGB(e9eaec) },
    [ROLE_SELECTION] = { 0, RGB(0b2545), RGB(b6d3f5) },
    [ROLE_ADDED] = { 0, RGB(0d4f20), RGB(ddf4e2) },
    [ROLE_DELETED] = { 0, RGB(9a1b24), RGB(fbe3e4) },
};

/* The terminal's own sixteen on its own background. */
static const struct style sixteen[ROLE_COUNT] = {
    [ROLE_TEXT] = { 0, DEF, DEF },
    [ROLE_DIM] = { A_DIM, DEF, DEF },
    [ROLE_TITLE] = { A_BOLD, IDX(6), DEF },
    [ROLE_BAR] = { 0, DEF, DEF },
    [ROLE_HEADER] = { A_BOLD, DEF, DEF },
    [ROLE_SELECTED] = { A_REVERSE, DEF, DEF },
    [ROLE_SELECTED_DIM] = { A_UNDERLINE, DEF, DEF },
    [ROLE_MARKED] = { A_BOLD, IDX(3), DEF },
    [ROLE_BORDER] = { A_DIM, DEF, DEF },
    [ROLE_BORDER_FOCUS] = { 0, IDX(6), DEF },
    [ROLE_LABEL] = { A_DIM, DEF, DEF },
    [ROLE_KEY] = { A_BOLD, IDX(6), DEF },
    [ROLE_KEY_LABEL] = { 0, DEF, DEF },
    [ROLE_ACCENT] = { 0, IDX(6), DEF },
    [ROLE_GOOD] = { 0, IDX(2), DEF },
    [ROLE_WARN] = { 0, IDX(3), DEF },
    [ROLE_BAD] = { A_BOLD, IDX(1), DEF },
    [ROLE_IDLE] = { A_DIM, DEF, DEF },
    [ROLE_INPUT] = { A_UNDERLINE, DEF, DEF },
    [ROLE_INPUT_DIM] = { A_UNDERLINE | A_DIM, DEF, DEF },
    [ROLE_MATCH] = { 0, IDX(0), IDX(3) },
    [ROLE_DIALOG] = { 0, DEF, DEF },
    [ROLE_DIALOG_BORDER] = { 0, IDX(6), DEF },
    [ROLE_DANGER_BORDER] = { A_BOLD, IDX(1), DEF },
    [ROLE_BUTTON] = { 0, DEF, DEF },
    [ROLE_BUTTON_FOCUS] = { A_REVERSE, DEF, DEF },
    [ROLE_WATCHING] = { 0, IDX(0), IDX(6) }, /* bold black is grey in many terminals */
    [ROLE_CONTROL] = { 0, IDX(0), IDX(3) },
    [ROLE_FRESH] = { A_BOLD, IDX(2), DEF },
    [ROLE_SHADE] = { A_DIM, DEF, DEF },
    [ROLE_SELECTION] = { A_REVERSE, DEF, DEF },
    [ROLE_ADDED] = { 0, IDX(2), DEF },
    [ROLE_DELETED] = { 0, IDX(1), DEF },
};

static const struct style mono[ROLE_COUNT] = {
    [ROLE_TITLE] = { A_BOLD, DEF, DEF },
    [ROLE_HEADER] = { A_UNDERLINE, DEF, DEF },
    [ROLE_SELECTED] = { A_REVERSE, DEF, DEF },
    [ROLE_SELECTED_DIM] = { A_UNDERLINE, DEF, DEF },
    [ROLE_MARKED] = { A_BOLD, DEF, DEF },
    [ROLE_BORDER_FOCUS] = { A_BOLD, DEF, DEF },
    [ROLE_KEY] = { A_BOLD, DEF, DEF },
    [ROLE_ACCENT] = { A_BOLD, DEF, DEF },
    [ROLE_WARN] = { A_BOLD, DEF, DEF },
    [ROLE_BAD] = { A_BOLD, DEF, DEF },
    [ROLE_INPUT] = { A_UNDERLINE, DEF, DEF },
    [ROLE_INPUT_DIM] = { A_UNDERLINE, DEF, DEF },
    [ROLE_MATCH] = { A_REVERSE, DEF, DEF },
    [ROLE_DANGER_BORDER] = { A_BOLD, DEF, DEF },
    [ROLE_BUTTON_FOCUS] = { A_REVERSE, DEF, DEF },
    [ROLE_WATCHING] = { A_REVERSE, DEF, DEF },
    [ROLE_CONTROL] = { A_REVERSE | A_BOLD, DEF, DEF },
    [ROLE_FRESH] = { A_BOLD, DEF, DEF },
    [ROLE_SHADE] = { A_DIM, DEF, DEF },
    [ROLE_SELECTION] = { A_REVERSE, DEF, DEF },
    [ROLE_DELETED] = { A_BOLD, DEF, DEF },
};

static const struct theme {
    const char *name;
    const struct style *styles;
    enum color_depth depth; /* at most this many colours are used by the interface and its panes */
} themes[] = {
    { "dark", dark, DEPTH_TRUE },
    { "light", light, DEPTH_TRUE },
    { "16", sixteen, DEPTH_16 },
    { "mono", mono, DEPTH_MONO },
};
static const struct theme *chosen = &themes[0];

bool theme_choose(const char *name)
{
    if (!name || !strcmp(name, "auto"))
        name = color_wants_none() || color_depth() == DEPTH_MONO ? "mono"
               : color_depth() == DEPTH_16                       ? "16"
                                                                 : "dark";
    for (size_t i = 0; i < sizeof(themes) / sizeof(*themes); i++)
        if (!strcmp(themes[i].name, name)) {
            chosen = &themes[i];
            color_limit(chosen->depth);
            return true;
        }
    return false;
}

struct style theme_style(enum role role)
{
    return chosen->styles[role];
}
