/* A part of a window, or of the screen. */
#ifndef PYRO_TUI_AREA_H
#define PYRO_TUI_AREA_H

struct area {
    int top, left, rows, cols;
};

#endif
