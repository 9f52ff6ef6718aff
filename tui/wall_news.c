/* tui/wall_news.c: a line of failures: of one all that is known, of several where they are. */
#include "tui/wall_news.h"

#include <stdio.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/theme.h"
#include "vmm/base/fs.h"

static bool has_tile(const json_t *attention, bool tiled)
{
    const char *kind = json_string_or(json_object_get(attention, "source"), "kind", "");

    return !strcmp(kind, NEWS_SHELL) || (tiled && !strcmp(kind, NEWS_EXEC));
}

void wall_news_clear(struct wall_news *n)
{
    n->count = 0;
    buf_clear(&n->line);
}

void wall_news_add(struct wall_news *n, const struct watched_workspace *w, bool tiled)
{
    const char *slot;
    json_t *attention;

    json_object_foreach (w->record.news, slot, attention) {
        scoped_free char *text = NULL;
        if (attention_state_of(attention) != ATTENTION_FAILED || has_tile(attention, tiled))
            continue;
        text = attention_text(attention);
        if (!n->count++)
            snprintf(n->first, sizeof(n->first), "✗ %s %s", model_name(w), text);
        text[strcspn(text, ":")] = '\0';
        (void)!buf_printf(&n->line, "✗ %s %s   ", model_name(w), text);
    }
}

void wall_news_draw(const struct wall_news *n, WINDOW *win, int row, int cols)
{
    if (!n->count)
        return;
    draw_fill(win, row, 0, cols, theme_style(ROLE_TEXT));
    draw_text(win, row, 1, cols - 2, theme_style(ROLE_BAD),
              n->count == 1 ? n->first : n->line.data);
}
