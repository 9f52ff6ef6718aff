/* tui/wall_list.c: which shells are on the wall. */
#include "tui/wall_list.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tui/wall_page.h"
#include "tui/wall_pins.h"
#include "vmm/base/fs.h"

void wall_list_init(struct wall_list *l)
{
    buf_init(&l->news.line, WALL_NEWS_MAX);
}

static void free_tile(struct wall_tile *t)
{
    wall_tile_close(t);
    free(t);
}

void wall_list_release(struct wall_list *l)
{
    for (int i = 0; i < l->count; i++)
        free_tile(l->tiles[i]);
    free(l->tiles);
    buf_release(&l->news.line);
}

static int wall_list_by_name(const void *a, const void *b)
{
    const struct watched_workspace *x = *(struct watched_workspace *const *)a,
                                   *y = *(struct watched_workspace *const *)b;
    int names = strcasecmp(model_name(x), model_name(y));

    return names ? names : strcmp(x->record.id, y->record.id);
}

struct watched_workspace **wall_list_workspaces(struct wall_list *l, struct model *m,
                                                size_t *ret_count)
{
    size_t total = model_count(m), count = 0;
    struct watched_workspace **list = calloc(total + 1, sizeof(struct watched_workspace *));

    BUG_ON(!list);
    l->marked = model_marked_count(m) > 0;
    for (size_t i = 0; i < total; i++)
        if (!l->marked || model_is_marked(model_at(m, i)))
            list[count++] = model_at(m, i);
    qsort(list, count, sizeof(*list), wall_list_by_name);
    *ret_count = count;
    return list;
}

/* ---- the tiles ---- */

/* Takes the shell's tile out of the old ones; NULL when it had none. */
static struct wall_tile *take_tile(const struct wall_list *old, const char *id, const char *shell)
{
    for (int i = 0; i < old->count; i++) {
        struct wall_tile *t = old->tiles[i];
        if (t && !strcmp(t->id, id) && !strcmp(t->shell, shell)) {
            old->tiles[i] = NULL;
            return t;
        }
    }
    return NULL;
}

static struct wall_tile *new_tile(struct wall *wall, struct watched_workspace *of,
                                  const struct shell_record *r)
{
    struct wall_tile *t = calloc(1, sizeof(*t));

    BUG_ON(!t);
    wall_tile_init(t, wall, of, r);
    return t;
}

/* Its running shells, and those that ended with an error. */
static void gather_of(struct wall_list *l, struct wall *wall, struct watched_workspace *of,
                      const struct wall_list *old)
{
    int before = l->count;

    for (size_t i = 0; i < of->shell_count; i++) {
        const struct shell_record *r = &of->shells[i].record;
        struct wall_tile *t = take_tile(old, of->record.id, r->id);
        if (!r->running && !model_shell_failed(of, r)) {
            if (t)
                free_tile(t);
            continue;
        }
        if (!t)
            t = new_tile(wall, of, r);
        t->first = l->count == before;
        l->tiles[l->count++] = t;
    }
    l->workspaces += l->count > before;
    wall_news_add(&l->news, of, l->count > before);
}

void wall_list_gather(struct wall_list *l, struct wall *wall, struct model *m)
{
    const struct wall_list old = *l;
    size_t count, shells = 0;
    scoped_free struct watched_workspace **list = wall_list_workspaces(l, m, &count);

    for (size_t i = 0; i < count; i++)
        shells += list[i]->shell_count;
    l->tiles = calloc(shells + 1, sizeof(struct wall_tile *));
    BUG_ON(!l->tiles);
    l->count = l->idle = l->workspaces = 0;
    wall_news_clear(&l->news);
    for (size_t i = 0; i < count; i++)
        gather_of(l, wall, list[i], &old);
    for (int i = 0; i < old.count; i++)
        if (old.tiles[i])
            free_tile(old.tiles[i]);
    free(old.tiles);
}

/* ---- their order ---- */

/* Which tiles come first: 0 those that are pinned, 2 those that are idle. */
static int rank_of(struct wall_tile *t, struct model *m, bool crowded, double now)
{
    t->pinned = wall_pins_has(t->id, t->shell);
    t->idle = !t->pinned && crowded && wall_tile_state(t, model_find(m, t->id), now) == TILE_WAITS;
    return t->pinned ? 0 : t->idle ? 2 : 1;
}

void wall_list_sort(struct wall_list *l, struct model *m, int rows, int cols)
{
    bool crowded = wall_page_is_crowded(l->count, rows, cols);
    struct wall_tile **sorted = calloc((size_t)l->count + 1, sizeof(struct wall_tile *));
    double now = clock_wall();
    int n = 0;

    BUG_ON(!sorted);
    l->idle = 0;
    for (int rank = 0; rank <= 2; rank++)
        for (int i = 0; i < l->count; i++)
            if (rank_of(l->tiles[i], m, crowded, now) == rank) {
                l->idle += rank == 2;
                sorted[n++] = l->tiles[i];
            }
    free(l->tiles);
    l->tiles = sorted;
}

int wall_list_find(const struct wall_list *l, const struct wall_tile *tile)
{
    for (int i = 0; i < l->count; i++)
        if (l->tiles[i] == tile)
            return i;
    return -1;
}

int wall_list_find_of(const struct wall_list *l, const struct watched_workspace *of)
{
    const struct watched_shell *shell = of ? model_asking_shell(of) : NULL;
    int any = -1;

    for (int i = 0; of && i < l->count; i++) {
        if (strcmp(l->tiles[i]->id, of->record.id) != 0)
            continue;
        if (shell && !strcmp(l->tiles[i]->shell, shell->record.id))
            return i;
        if (any < 0)
            any = i;
    }
    return any;
}

/* ---- who needs someone ---- */

/* The place of a tile among those that need someone; INT_MAX: it needs nobody. */
static int urgency(const struct wall_list *l, const struct model *m, int index, double now)
{
    const struct wall_tile *t = l->tiles[index];
    struct watched_workspace *of = model_find(m, t->id);
    const struct watched_shell *shell = of ? watched_shell_find(of, t->shell) : NULL;
    enum tile_state state = wall_tile_state(t, of, now);

    if (state == TILE_ASKS)
        return index;
    if (state == TILE_FAILED || state == TILE_COMMAND)
        return l->count + index;
    return shell && model_has_notice(&shell->record) ? 2 * l->count + index : INT_MAX;
}

int wall_list_next_urgent(const struct wall_list *l, const struct model *m, int from)
{
    double now = clock_wall();
    int at = urgency(l, m, from, now), first = INT_MAX, next = INT_MAX;

    for (int i = 0; i < l->count; i++) {
        int place = urgency(l, m, i, now);
        if (place < first)
            first = place;
        if (place > at && place < next)
            next = place;
    }
    if (first == INT_MAX)
        return -1;
    return (next != INT_MAX ? next : first) % l->count;
}
