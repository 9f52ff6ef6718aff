/* tui/config.c: reading the configuration. */
#include "tui/config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state/config_file.h"
#include "engine/state/spare_wish.h"
#include "tui/clipboard.h"
#include "tui/keymap.h"
#include "tui/log.h"
#include "tui/notify.h"
#include "tui/screens.h"
#include "tui/theme.h"
#include "vmm/base/fs.h"

static bool apply_key(char *name, const char *keys, struct pyro_error *err)
{
    char *dot = strchr(name, '.');

    if (!dot)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'key.%s' should be key.SCREEN.ACTION", name);
    *dot = '\0';
    if (!screens_have_action(name, dot + 1))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "no action '%s' on a screen '%s'", dot + 1,
                         name);
    return keymap_remap(name, dot + 1, keys, err);
}

static bool apply_line(const struct config_setting *line, struct pyro_error *err)
{
    char *name = line->name, *value = line->value;
    int64_t spares;

    if (!value)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' has no '='", name);
    if (!strcmp(name, "theme"))
        return theme_choose(value) ||
               pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "no theme '%s': there are auto, dark, light, 16 and mono", value);
    if (!strcmp(name, "clipboard")) {
        clipboard_allow(strcmp(value, "off") != 0);
        return !strcmp(value, "on") || !strcmp(value, "off") ||
               pyro_fail(err, PYRO_INVALID_ARGUMENT, "clipboard is on or off, not '%s'", value);
    }
    if (!strcmp(name, "notify")) {
        notify_choose(value);
        return *value || pyro_fail(err, PYRO_INVALID_ARGUMENT, "notify is bell, osc9 or a command");
    }
    if (!strcmp(name, "spares"))
        return spares_parse(value, &spares) ||
               pyro_fail(err, PYRO_INVALID_ARGUMENT, "spares is a number up to %d, not '%s'",
                         SPARES_MAX, value);
    if (!strncmp(name, "registry.", 9))
        return true; /* engine/registry/settings.h */
    if (!strncmp(name, "key.", 4))
        return apply_key(name + 4, value, err);
    return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "no setting '%s': there are theme, clipboard, notify, spares and key.…", name);
}

/* ---- what is said twice ---- */

/* The settings so far: the name of each, and its last line. */
struct setting {
    struct setting *next;
    char *name;
    int line;
};

/* Notes that a setting is on a line; returns the line that it was on before, 0: none. */
static int note_setting(struct setting **list, const char *name, int line)
{
    struct setting *s = *list;
    int before;

    while (s && strcmp(s->name, name) != 0)
        s = s->next;
    if (!s) {
        s = calloc(1, sizeof(*s));
        BUG_ON(!s);
        *s = (struct setting){ .next = *list, .name = str_printf("%s", name) };
        *list = s;
    }
    before = s->line;
    s->line = line;
    return before;
}

static void free_settings(struct setting *list)
{
    while (list) {
        struct setting *s = list;
        list = s->next;
        free(s->name);
        free(s);
    }
}

/* Keys of one screen that mean two things now. */
static size_t tell_clashes(const char *path, const char *screen, const struct key_binding *table)
{
    const struct key_binding *a = NULL, *b = NULL;
    const char *key;
    size_t len, count = 0;

    for (; keymap_next_clash(screen, table, &a, &b, &key, &len); count++)
        log_add(ROLE_WARN,
                "%s: the key %.*s is both key.%s.%s and key.%s.%s: the first that is possible acts",
                path, (int)len, key, screen, a->name, screen, b->name);
    return count;
}

/* Keys of a screen that keep one that all screens have from working there. */
static size_t tell_hidden(const char *path, const char *screen, const struct key_binding *table)
{
    const struct key_binding *hidden;
    const char *key;
    size_t len, count = 0;

    for (; table->name; table++)
        if ((hidden = keymap_hidden(screen, table, app_keys, &key, &len))) {
            log_add(ROLE_WARN, "%s: the key %.*s is key.%s.%s, which hides key.global.%s there",
                    path, (int)len, key, screen, table->name, hidden->name);
            count++;
        }
    return count;
}

static size_t tell_all_clashes(const char *path)
{
    size_t count = tell_clashes(path, "global", app_keys);

    for (const struct screen_ops *const *s = screens; *s; s++)
        count +=
            tell_clashes(path, (*s)->name, (*s)->keys) + tell_hidden(path, (*s)->name, (*s)->keys);
    return count;
}

/* Tells of a setting that was given before: the later one counts. */
static size_t tell_repeated(struct setting **list, const char *path,
                            const struct config_setting *line)
{
    int before = note_setting(list, line->name, line->line);

    if (before)
        log_add(ROLE_WARN, "%s:%d: %s is set again, in place of line %d", path, line->line,
                line->name, before);
    return before != 0;
}

/* ---- the file ---- */

/* Applies the text of such a file; `path` is what messages call it. */
static size_t config_apply(const char *path, const char *text)
{
    scoped_free char *copy = str_printf("%s", text);
    struct config_setting line = { 0 };
    struct setting *settings = NULL;
    size_t bad = 0;

    for (char *at = copy; config_next(&at, &line);) {
        struct pyro_error err = { 0 };
        bad += tell_repeated(&settings, path, &line);
        if (apply_line(&line, &err))
            continue;
        log_add(ROLE_WARN, "%s:%d: %s", path, line.line, err.message);
        bad++;
    }
    free_settings(settings);
    return bad + tell_all_clashes(path);
}

size_t config_load(void)
{
    scoped_buf text = BUF_INIT(CONFIG_BYTES_MAX);
    scoped_free char *path = NULL;
    struct pyro_error err = { 0 };

    theme_choose("auto");
    if (!config_file_read(&path, &text, &err)) {
        log_add(ROLE_WARN, "%s", err.message);
        return 1;
    }
    return text.data ? config_apply(path, text.data) : 0;
}
