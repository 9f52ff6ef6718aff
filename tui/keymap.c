/* tui/keymap.c: looking keys up, and the few that the configuration changes. */
#include "tui/keymap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

struct remap {
    struct remap *next;
    char *screen, *action, *keys;
};

/* One for the process, as the configuration is. */
static struct remap *remaps;

/* The next word of a list of keys; NULL at its end. */
static const char *next_key(const char **list, size_t *ret_len)
{
    const char *start = *list + strspn(*list, " \t");

    *ret_len = strcspn(start, " \t");
    *list = start + *ret_len;
    return *ret_len ? start : NULL;
}

const char *keymap_keys(const char *screen, const struct key_binding *binding)
{
    for (const struct remap *r = remaps; r; r = r->next)
        if (!strcmp(r->screen, screen) && !strcmp(r->action, binding->name))
            return r->keys;
    return binding->keys;
}

static bool list_has(const char *list, const struct key_event *e)
{
    const char *word;
    size_t len;

    while ((word = next_key(&list, &len))) {
        uint32_t code;
        unsigned mods;
        if (key_parse(word, len, &code, &mods) && code == e->code && mods == e->mods)
            return true;
    }
    return false;
}

bool keymap_has(const char *screen, const struct key_binding *binding, const struct key_event *e)
{
    return e->kind == EVENT_KEY && list_has(keymap_keys(screen, binding), e);
}

bool keymap_can(const struct key_binding *binding, struct screen *s)
{
    return !binding->can || binding->can(s, binding->arg);
}

const char *keymap_label(const struct key_binding *binding, struct screen *s)
{
    return binding->label && binding->says ? binding->says(s, binding->arg) : binding->label;
}

const struct key_binding *keymap_find(const struct key_binding *table, struct screen *s,
                                      const char *screen, const struct key_event *e)
{
    const struct key_binding *first = NULL;

    for (; table && table->name; table++) {
        if (!keymap_has(screen, table, e))
            continue;
        if (keymap_can(table, s))
            return table;
        if (!first)
            first = table;
    }
    return first;
}

const struct key_binding *keymap_named(const struct key_binding *table, const char *name)
{
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    BUG_ON(!table->name);
    return table;
}

bool keymap_passes(const char *const *text_does, const struct key_binding *global,
                   const struct key_event *e)
{
    if (!text_does || !key_is_text(e))
        return true;
    while (*text_does && strcmp(*text_does, global->name) != 0)
        text_does++;
    return *text_does;
}

static bool table_has(const char *screen, const struct key_binding *table,
                      const struct key_event *e)
{
    for (; table && table->name; table++)
        if (keymap_has(screen, table, e))
            return true;
    return false;
}

void keymap_keys_left(const struct key_binding *global, const char *screen,
                      const struct key_binding *table, const char *const *text_does, char *ret,
                      size_t size)
{
    const char *list = keymap_keys("global", global), *word;
    size_t len, used = 0;

    *ret = '\0';
    while ((word = next_key(&list, &len))) {
        struct key_event e = { .kind = EVENT_KEY };
        if (key_parse(word, len, &e.code, &e.mods) && !table_has(screen, table, &e) &&
            keymap_passes(text_does, global, &e) && used + len + 2 <= size)
            used += (size_t)snprintf(ret + used, size - used, "%s%.*s", used ? " " : "", (int)len,
                                     word);
    }
}

void keymap_first_key(const char *screen, const struct key_binding *binding, char ret[32])
{
    const char *list = keymap_keys(screen, binding);
    size_t len;
    const char *word = next_key(&list, &len);
    uint32_t code;
    unsigned mods;

    ret[0] = '\0';
    if (word && key_parse(word, len, &code, &mods))
        key_label(code, mods, ret);
}

bool keymap_remap(const char *screen, const char *action, const char *keys, struct pyro_error *err)
{
    const char *list = keys, *word;
    struct remap *r;
    size_t len;

    while ((word = next_key(&list, &len))) {
        uint32_t code;
        unsigned mods;
        if (!key_parse(word, len, &code, &mods))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.*s' is not the name of a key",
                             (int)len, word);
    }
    r = calloc(1, sizeof(*r));
    if (!r)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    r->screen = str_printf("%s", screen);
    r->action = str_printf("%s", action);
    r->keys = str_printf("%s", keys);
    r->next = remaps;
    remaps = r;
    return true;
}

/* The first key of `list` that is in `other` as well; NULL: none. */
static const char *shared_key(const char *list, const char *other, size_t *ret_len)
{
    const char *word;

    while ((word = next_key(&list, ret_len))) {
        struct key_event e = { .kind = EVENT_KEY };
        if (key_parse(word, *ret_len, &e.code, &e.mods) && list_has(other, &e))
            return word;
    }
    return NULL;
}

/* Whether two actions share a key in force that they do not share by default, where it is possible
 * that decides. */
static bool clash(const char *screen, const struct key_binding *a, const char *other,
                  const struct key_binding *b, const char **ret_key, size_t *ret_len)
{
    size_t len;

    if (shared_key(a->keys, b->keys, &len))
        return false;
    *ret_key = shared_key(keymap_keys(screen, a), keymap_keys(other, b), ret_len);
    return *ret_key != NULL;
}

bool keymap_next_clash(const char *screen, const struct key_binding *table,
                       const struct key_binding **ret_a, const struct key_binding **ret_b,
                       const char **ret_key, size_t *ret_len)
{
    const struct key_binding *a = *ret_a ? *ret_a : table, *b = *ret_a ? *ret_b + 1 : table + 1;

    for (; a->name; a++, b = a + 1)
        for (; b->name; b++)
            if (clash(screen, a, screen, b, ret_key, ret_len)) {
                *ret_a = a;
                *ret_b = b;
                return true;
            }
    return false;
}

const struct key_binding *keymap_hidden(const char *screen, const struct key_binding *binding,
                                        const struct key_binding *global, const char **ret_key,
                                        size_t *ret_len)
{
    for (; global->name; global++)
        if (clash(screen, binding, "global", global, ret_key, ret_len))
            return global;
    return NULL;
}

void keymap_reset(void)
{
    while (remaps) {
        struct remap *r = remaps;
        remaps = r->next;
        free(r->screen);
        free(r->action);
        free(r->keys);
        free(r);
    }
}

void keymap_note(const char *what, const char *screen, const struct key_binding *binding)
{
    const char *file = getenv("PYRO_CHECK_KEYS");
    scoped_close int fd = -1;

    if (!file || !*file)
        return;
    fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd >= 0)
        dprintf(fd, "%s %s %s\n", what, screen, binding->name);
}
