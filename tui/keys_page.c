/* tui/keys_page.c: the key tables as a page. */
#include "tui/keys_page.h"
#include "tui/screens.h"

#include <stdio.h>
#include <string.h>

static void print_keys(const char *keys)
{
    for (size_t n; *(keys += strspn(keys, " ")); keys += n) {
        n = strcspn(keys, " ");
        printf("`%.*s` ", (int)n, keys);
    }
}

static void print_table(const char *title, const char *name, const struct key_binding *table)
{
    printf("\n## %s\n\n| key | what it does | `key.%s.…` |\n|---|---|---|\n", title, name);
    for (; table && table->name; table++) {
        printf("| ");
        print_keys(table->keys);
        printf("| %s | `%s` |\n", table->help, table->name);
    }
}

int keys_page_main(void)
{
    puts("# Keys\n\n"
         "Every key of `pyro tui`, made from its key tables by `make docs`; `?` in the interface\n"
         "shows those of the screen on top. The last column is the name under which\n"
         "`$XDG_CONFIG_HOME/pyro/config` gives an action other keys: `key.workspaces.stop = F8`.\n"
         "Where a key is in several rows, the first that is possible at the moment counts.");
    print_table("Everywhere", "global", app_keys);
    for (const struct screen_ops *const *s = screens; *s; s++)
        print_table((*s)->title, (*s)->name, (*s)->keys);
    return fflush(stdout) == 0 ? 0 : 1;
}
