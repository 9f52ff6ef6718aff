/* tui/file_row.c: rows of a directory, and what is in their cells. */
#include "tui/file_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tui/format.h"
#include "vmm/base/file_name.h"

#define CHANGE "change"
#define INSIDE "inside" /* of a directory: something in it has changed */

/* ---- what a row is ---- */

static const char *member(const json_t *row, const char *name)
{
    return json_string_or(row, name, "");
}

const char *file_row_change(const json_t *row)
{
    return member(row, CHANGE);
}

const char *file_row_path(const json_t *row)
{
    return member(row, "path");
}

bool file_row_is_directory(const json_t *row)
{
    return !strcmp(member(row, "artifact_type"), "directory");
}

bool file_row_is_link(const json_t *row)
{
    return !strcmp(member(row, "artifact_type"), "symlink");
}

bool file_row_is_other(const json_t *row)
{
    return !strcmp(member(row, "artifact_type"), "other");
}

bool file_row_is_deleted(const json_t *row)
{
    return !strcmp(file_row_change(row), "deleted");
}

/* ---- the rows of a directory ---- */

/* The name of the directory's entry that a changed path is, or is below; *ret_exact: is. New; NULL
 * when it is elsewhere. */
static char *entry_of(const char *directory, const char *changed, bool *ret_exact)
{
    scoped_free char *path = name_from_text(changed);
    size_t n = strlen(directory);
    char *end;

    if (!path || strncmp(path, directory, n) != 0 || path[n] != '/')
        return NULL;
    end = strchrnul(path + n + 1, '/');
    *ret_exact = !*end;
    *end = '\0';
    return take_ptr(&path);
}

/* Notes a change in the row that it is about; what was deleted gets one. */
static void note_change(json_t *rows, json_t *index, const char *directory, const json_t *change)
{
    bool exact = false;
    scoped_free char *path = entry_of(directory, file_row_path(change), &exact);
    scoped_json json_t *shown = path ? name_to_json("", path) : NULL;
    const char *status = member(change, "status"), *text = json_string_value(shown);
    json_t *row = text ? json_object_get(index, text) : NULL;

    if (!text)
        return;
    if (row && exact)
        json_object_set_new(row, CHANGE, json_string(status));
    else if (row && !*file_row_change(row))
        json_object_set_new(row, CHANGE, json_string(INSIDE));
    if (row || strcmp(status, "deleted") != 0)
        return;
    row = json_pack("{s:s, s:s, s:s}", "path", text, "artifact_type",
                    exact ? member(change, "artifact_type") : "directory", CHANGE, status);
    json_object_set(index, text, row);
    json_array_append_new(rows, row);
}

static int file_row_compare(const void *a, const void *b)
{
    const json_t *x = *(const json_t *const *)a, *y = *(const json_t *const *)b;
    int order = file_row_is_directory(y) - file_row_is_directory(x);

    return order ? order : strcmp(file_row_path(x), file_row_path(y));
}

static json_t *sorted(const json_t *rows)
{
    size_t count = json_array_size(rows);
    scoped_free json_t **all = calloc(count + 1, sizeof(*all));
    json_t *list = json_array();

    BUG_ON(!all || !list);
    for (size_t i = 0; i < count; i++)
        all[i] = json_array_get(rows, i);
    qsort(all, count, sizeof(*all), file_row_compare);
    for (size_t i = 0; i < count; i++)
        json_array_append(list, all[i]);
    return list;
}

json_t *file_rows(const char *directory, const json_t *entries, const json_t *changes)
{
    scoped_json json_t *rows = json_array(), *index = json_object();
    scoped_free char *path = name_from_text(directory);
    const json_t *one;
    size_t i;

    json_array_foreach (entries, i, one) {
        json_t *row = json_copy((json_t *)(uintptr_t)one);
        json_object_set(index, file_row_path(row), row);
        json_array_append_new(rows, row);
    }
    json_array_foreach (changes, i, one)
        note_change(rows, index, path ? path : directory, one);
    return sorted(rows);
}

const char *file_row_title(const json_t *row, char *ret, size_t size)
{
    const char *path = file_row_path(row), *name = strrchr(path, '/');

    snprintf(ret, size, "%s%s", name && *path == '"' ? "\"" : "", name ? name + 1 : path);
    return ret;
}

/* ---- cells ---- */

static const struct {
    const char *change, *mark;
    enum role role;
} marks[] = {
    { "added", "A", ROLE_GOOD },  { "modified", "M", ROLE_WARN },
    { "deleted", "D", ROLE_BAD }, { "type_changed", "T", ROLE_WARN },
    { INSIDE, "•", ROLE_WARN },
};

static bool file_row_has_change(const void *row)
{
    return *file_row_change(row);
}

static void file_row_draw_change(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (!strcmp(file_row_change(row), marks[i].change)) {
            snprintf(ret->text, sizeof(ret->text), "%s", marks[i].mark);
            ret->role = marks[i].role;
        }
}

static void file_row_change_words(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    snprintf(ret->text, sizeof(ret->text), "%s", file_row_change(row));
}

/* "-rwxr-sr-x", as ls(1) writes it. */
static void file_row_mode(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const char *text = member(row, "mode");
    unsigned long mode = strtoul(text, NULL, 8);
    char *at = ret->text;

    ret->role = ROLE_DIM;
    if (!*text)
        return;
    *at++ = S_ISDIR(mode)    ? 'd'
            : S_ISLNK(mode)  ? 'l'
            : S_ISFIFO(mode) ? 'p'
            : S_ISSOCK(mode) ? 's'
            : S_ISBLK(mode)  ? 'b'
            : S_ISCHR(mode)  ? 'c'
                             : '-';
    for (int who = 2; who >= 0; who--, at += 3) {
        unsigned long bits = mode >> 3 * who & 7;
        bool special = mode & (01000ul << who);
        at[0] = bits & 4 ? 'r' : '-';
        at[1] = bits & 2 ? 'w' : '-';
        at[2] = bits & 1 ? "xts"[special ? 1 + (who > 0) : 0] : "-TS"[special ? 1 + (who > 0) : 0];
    }
}

static void file_row_size(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    struct short_text space;

    if (!file_row_is_directory(row) && !file_row_is_link(row) && !file_row_is_deleted(row))
        snprintf(ret->text, sizeof(ret->text), "%s",
                 format_size(&space, (uint64_t)json_int_or(row, "size_bytes", 0)));
    ret->role = ROLE_DIM;
}

static void file_row_time(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    struct short_text space;

    if (!file_row_is_deleted(row))
        snprintf(ret->text, sizeof(ret->text), "%s",
                 format_date(&space, json_number_or(row, "modified_at", 0)));
    ret->role = ROLE_DIM;
}

static void file_row_name(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    file_row_title(row, ret->text, sizeof(ret->text));
    if (file_row_is_directory(row))
        snprintf(ret->note, sizeof(ret->note), "/");
    else if (file_row_is_link(row) && !file_row_is_deleted(row))
        snprintf(ret->note, sizeof(ret->note), " → %s", member(row, "link_target"));
    else if (file_row_is_other(row))
        snprintf(ret->note, sizeof(ret->note), "  (not a file)");
    ret->role = file_row_is_deleted(row)     ? ROLE_DIM
                : file_row_is_directory(row) ? ROLE_ACCENT
                                             : ROLE_TEXT;
}

const struct column file_row_columns[] = {
    { "change", 1, .has = file_row_has_change, .cell = file_row_draw_change,
      .searched = file_row_change_words },
    { "MODE", 10, .rank = 2, .cell = file_row_mode },
    { "SIZE", 6, .right = true, .cell = file_row_size },
    { "MODIFIED", 16, .rank = 1, .indent = 1, .cell = file_row_time },
    { "NAME", 16, .indent = 1, .part = 1, .grow = 10000, .cell = file_row_name, .search = true },
    { 0 },
};
