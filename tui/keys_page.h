/* docs/keys.md: every key of every screen, with the names that the configuration knows them by. */
#ifndef PYRO_TUI_KEYS_PAGE_H
#define PYRO_TUI_KEYS_PAGE_H

/* Prints the page, for `make docs`; returns the exit status. */
int keys_page_main(void);

#endif
