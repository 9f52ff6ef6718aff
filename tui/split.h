/* Two shells in one view, each watched and controlled by itself: which one is to be the second. */
#ifndef PYRO_TUI_SPLIT_H
#define PYRO_TUI_SPLIT_H

#include "tui/app.h"

/* Offers a new shell of its workspace, and all that run, for a shell's view, and shows the chosen
 * one beside it, or below it where that leaves wider lines. `arg` is not used. */
void split_ask(struct screen *view, int arg);

#endif
