/* engine/image/patch/patch_parse.c: from a patch's text to files and hunks. Text between them is
 * handled by patch_between.c. */
#include <stdlib.h>
#include <string.h>

#include "engine/image/patch/dot_git.h"
#include "engine/image/patch/patch_parser.h"
#include "vmm/base/file_name.h"
#include "vmm/base/file_records.h"

#define MODE_TYPE 0170000u
#define MODE_FILE 0100000u
#define MODE_LINK 0120000u

/* --- names --- */

static bool is_plain_path(const char *path)
{
    if (strlen(path) > FILE_PATH_MAX)
        return false;
    for (;;) {
        size_t n = strcspn(path, "/");
        if (!n || (n == 1 && path[0] == '.') || (n == 2 && !memcmp(path, "..", 2)))
            return false;
        if (!path[n])
            return true;
        path += n + 1;
    }
}

/* Turns a name in a patch into a path: the first part is dropped, if there is more than one.
 * `whole`: nothing is dropped. Takes `name`. */
static char *to_path(struct patch_parser *p, char *name, bool whole)
{
    static const char workspace[] = "/workspace/";
    scoped_free char *owned = name;
    const char *slash, *path = owned;
    char *copy;

    if (!owned) {
        patch_reject(p, "a file's name is missing or malformed");
        return NULL;
    }
    slash = strchr(owned, '/');
    if (!strncmp(owned, workspace, sizeof(workspace) - 1))
        path = owned + sizeof(workspace) - 1;
    else if (!whole && slash && slash != owned)
        path = slash + 1;
    if (!is_plain_path(path))
        return pyro_fail(p->err, PYRO_PATH_REFUSED,
                         "the patch, line %u: '%.300s' is not a path below /workspace", p->line,
                         owned);
    if (has_dot_git(path)) {
        pyro_fail(p->err, PYRO_PATH_REFUSED,
                  "the patch, line %u: '%.300s' is git's own, and a patch may not change it",
                  p->line, path);
        return pyro_hint(p->err, "run git in the workspace instead");
    }
    copy = strdup(path);
    if (!copy)
        pyro_no_memory(p->err, "the patch");
    return copy;
}

/*
 * A new file goes where its name says, so the part dropped from the name must be a prefix: one of
 * git's, or (`prefixed`) another one on each side. A directory must not be lost.
 */
static bool check_new_name(struct patch_parser *p, const char *name, bool prefixed)
{
    if (prefixed || !strchr(name, '/') || !strncmp(name, "/workspace/", 11) ||
        (name[1] == '/' && strchr("abciow", name[0])))
        return true;
    pyro_fail(
        p->err, PYRO_PATH_REFUSED,
        "the patch, line %u: '%.300s' is new, and its name does not begin with 'b/': its first "
        "directory would be lost",
        p->line, name);
    return pyro_hint(p->err, "write 'b/%.200s'", name);
}

/* Whether two names are the same after their first parts, and those differ. */
static bool are_prefixed(const char *a, const char *b)
{
    const char *x = strchr(a, '/'), *y = strchr(b, '/');

    return x && y && !strcmp(x, y) && strcmp(a, b) != 0;
}

/* Puts a path into the field; an existing one must be the same. */
static bool set_path(struct patch_parser *p, char **field, char *path)
{
    if (!path)
        return false;
    if (*field && strcmp(*field, path) != 0) {
        free(path);
        return patch_reject(p, "two headers of a file name different files");
    }
    free(*field);
    *field = path;
    return true;
}

/* --- files --- */

static struct patch_file *add_file(struct patch_parser *p)
{
    struct patch *patch = p->patch;

    if (patch->count == patch->capacity) {
        size_t more = patch->capacity ? 2 * patch->capacity : 16;
        struct patch_file *moved = reallocarray(patch->files, more, sizeof(*moved));
        if (!moved)
            return pyro_no_memory(p->err, "the patch");
        patch->files = moved;
        patch->capacity = more;
    }
    patch->files[patch->count] = (struct patch_file){ .line = p->line };
    return &patch->files[patch->count++];
}

static bool parse_mode(struct patch_parser *p, const char *rest, size_t n, uint32_t *ret)
{
    uint32_t mode = 0;
    size_t i = 0;

    while (i < n && i < 7 && rest[i] >= '0' && rest[i] <= '7')
        mode = mode << 3 | (uint32_t)(rest[i++] - '0');
    while (i < n && (rest[i] == '\r' || rest[i] == '\n' || rest[i] == ' '))
        i++;
    if (i < n || ((mode & MODE_TYPE) != MODE_FILE && (mode & MODE_TYPE) != MODE_LINK))
        return patch_reject(p, "the mode of neither a file nor a symbolic link");
    *ret = mode;
    return true;
}

/* The name that "diff --git a/X b/X" gives when no other header does: only when both are the same.
 * Never an error. *ret_prefixed: their first parts differ. */
static char *name_of_git_line(const char *rest, size_t n, bool *ret_prefixed)
{
    size_t used;
    scoped_free char *first = NULL;

    while (n && (rest[n - 1] == '\n' || rest[n - 1] == '\r'))
        n--;
    if (n && rest[0] == '"') {
        scoped_free char *second = NULL;
        size_t used2;
        first = name_unquote(rest, n, &used);
        if (!first || used + 1 >= n)
            return NULL;
        second = name_unquote(rest + used + 1, n - used - 1, &used2);
        if (!second || (strcmp(first, second) != 0 && !are_prefixed(first, second)))
            return NULL;
        *ret_prefixed = are_prefixed(first, second);
        return take_ptr(&first);
    }
    /* "a/NAME b/NAME": NAME may hold spaces, so the middle is where both halves agree. */
    if (n % 2 == 1 && rest[n / 2] == ' ') {
        const char *one = memchr(rest, '/', n / 2);
        const char *two = memchr(rest + n / 2 + 1, '/', n / 2);
        if (one && two && one - rest == two - (rest + n / 2 + 1) &&
            !memcmp(one, two, n / 2 - (size_t)(one - rest))) {
            *ret_prefixed = memcmp(rest, rest + n / 2 + 1, n / 2) != 0;
            return strndup(rest, n / 2);
        }
    }
    return NULL;
}

enum header { HEADER_NONE, HEADER_DONE, HEADER_FAILED };

static enum header done(bool ok)
{
    return ok ? HEADER_DONE : HEADER_FAILED;
}

/* One of git's extended headers. */
static enum header extended_header(struct patch_parser *p, struct patch_file *f)
{
    const char *rest;
    size_t n, used;

    if (patch_begins(p, "old mode ", &rest, &n))
        return done(parse_mode(p, rest, n, &f->old_mode));
    if (patch_begins(p, "new mode ", &rest, &n))
        return done(parse_mode(p, rest, n, &f->new_mode));
    if (patch_begins(p, "deleted file mode ", &rest, &n)) {
        f->kind = PATCH_DELETE;
        return done(parse_mode(p, rest, n, &f->old_mode));
    }
    if (patch_begins(p, "new file mode ", &rest, &n)) {
        f->kind = PATCH_ADD;
        return done(parse_mode(p, rest, n, &f->new_mode));
    }
    if (patch_begins(p, "rename from ", &rest, &n) || patch_begins(p, "copy from ", &rest, &n)) {
        f->kind = p->at[0] == 'r' ? PATCH_RENAME : PATCH_COPY;
        return done(set_path(p, &f->old_path, to_path(p, name_unquote(rest, n, &used), true)));
    }
    if (patch_begins(p, "rename to ", &rest, &n) || patch_begins(p, "copy to ", &rest, &n)) {
        f->kind = p->at[0] == 'r' ? PATCH_RENAME : PATCH_COPY;
        return done(set_path(p, &f->new_path, to_path(p, name_unquote(rest, n, &used), true)));
    }
    if (patch_begins(p, "index ", &rest, &n)) {
        const char *space = memchr(rest, ' ', n);
        if (!space || f->old_mode || f->new_mode)
            return HEADER_DONE;
        return done(parse_mode(p, space + 1, n - (size_t)(space + 1 - rest), &f->old_mode));
    }
    if (patch_begins(p, "similarity index ", NULL, NULL) ||
        patch_begins(p, "dissimilarity index ", NULL, NULL))
        return HEADER_DONE;
    return HEADER_NONE;
}

static bool binary(struct patch_parser *p, const struct patch_file *f)
{
    pyro_fail(p->err, PYRO_PATCH_REJECTED,
              "the patch, line %u: '%.300s' is changed as a binary file, and only text can be "
              "patched",
              p->line, patch_file_name(f));
    return pyro_hint(p->err, "bring binary files in with 'pyro workspace sync push'");
}

static bool is_binary_line(const struct patch_parser *p)
{
    return patch_begins(p, "GIT binary patch", NULL, NULL) ||
           patch_begins(p, "Binary files ", NULL, NULL);
}

/* "--- NAME" or "+++ NAME". */
struct name_line {
    char *name; /* as written; NULL for /dev/null */
    char *path;
    bool epoch; /* its time is 1970: how diff(1) says that the file does not exist */
};

static void name_line_release(struct name_line *l)
{
    free(l->name);
    free(l->path);
}
#define scoped_name_line __attribute__((cleanup(name_line_release))) struct name_line

static bool parse_name_line(struct patch_parser *p, struct name_line *ret)
{
    const char *rest = p->at + 4;
    size_t n = patch_line_bytes(p) - 4, used;
    scoped_free char *name = name_unquote(rest, n, &used);

    if (name && !strcmp(name, "/dev/null"))
        return true;
    if (name && rest[0] != '"' && rest[used - 1] == ' ' && (used == n || rest[used] != '\t'))
        return patch_reject(p, "a file's name ends in a blank");
    ret->epoch =
        name && n - used > 11 && rest[used] == '\t' &&
        (!memcmp(rest + used + 1, "1970-01-01", 10) || !memcmp(rest + used + 1, "1969-12-31", 10));
    ret->name = name ? strdup(name) : NULL;
    if (name && !ret->name)
        return pyro_no_memory(p->err, "the patch");
    ret->path = to_path(p, take_ptr(&name), false);
    return ret->path != NULL;
}

/* The names of one file, in a patch with git's headers. */
static bool git_names(struct patch_parser *p, struct patch_file *f, struct name_line *old,
                      struct name_line *new, bool prefixed)
{
    if ((!old->name && f->kind != PATCH_ADD) || (!new->name && f->kind != PATCH_DELETE))
        return patch_reject(p, "/dev/null, where the headers say that there is a file");
    if (f->kind == PATCH_ADD && !check_new_name(p, new->name, prefixed))
        return false;
    if (f->kind == PATCH_ADD && old->name)
        free(take_ptr(&old->path)); /* git writes /dev/null; others name the file */
    if (f->kind == PATCH_DELETE && new->name)
        free(take_ptr(&new->path));
    if (f->kind == PATCH_MODIFY && strcmp(old->path, new->path) != 0)
        return patch_reject(p, "a file changes its name without a 'rename' header");
    return true;
}

/* The same without. */
static bool plain_names(struct patch_parser *p, struct patch_file *f, struct name_line *old,
                        struct name_line *new)
{
    bool prefixed = old->name && new->name &&are_prefixed(old->name, new->name);

    if (!old->name || !new->name || old->epoch || new->epoch) {
        f->kind = !old->name || old->epoch ? PATCH_ADD : PATCH_DELETE;
        free(f->kind == PATCH_ADD ? take_ptr(&old->path) : take_ptr(&new->path));
        return f->kind == PATCH_DELETE || check_new_name(p, new->name, prefixed);
    }
    /* diff(1) may name a backup ("x.orig") or another tree: the new name counts. */
    free(old->path);
    old->path = strdup(new->path);
    f->may_add = prefixed || !strchr(new->name, '/');
    return old->path || pyro_no_memory(p->err, "the patch");
}

/* The pair of "---" and "+++" of a file. */
static bool name_lines(struct patch_parser *p, struct patch_file *f, bool git, bool prefixed)
{
    scoped_name_line old = { .name = NULL }, new = { .name = NULL };

    if (!parse_name_line(p, &old))
        return false;
    patch_next_line(p);
    if (!patch_begins(p, "+++ ", NULL, NULL))
        return patch_reject(p, "'+++' was expected after '---'");
    if (!parse_name_line(p, &new))
        return false;
    if (!old.name && !new.name)
        return patch_reject(p, "a file that is neither before nor after");
    if (!(git ? git_names(p, f, &old, &new, prefixed) : plain_names(p, f, &old, &new)))
        return false;
    patch_next_line(p);
    return (!old.path || set_path(p, &f->old_path, take_ptr(&old.path))) &&
           (!new.path || set_path(p, &f->new_path, take_ptr(&new.path)));
}

/* --- hunks --- */

static bool number(const char **at, const char *end, uint32_t *ret)
{
    uint64_t v = 0;
    const char *start = *at;

    while (*at < end && **at >= '0' && **at <= '9' && v <= INT32_MAX)
        v = v * 10 + (uint64_t)(*(*at)++ - '0');
    *ret = (uint32_t)v;
    return *at > start && v <= INT32_MAX;
}

/* "-START[,COUNT] " or "+…" */
static bool range(const char **at, const char *end, char sign, uint32_t *start, uint32_t *count)
{
    if (*at == end || *(*at)++ != sign || !number(at, end, start))
        return false;
    *count = 1;
    if (*at < end && **at == ',') {
        ++*at;
        if (!number(at, end, count))
            return false;
    }
    return *at < end && *(*at)++ == ' ';
}

static bool parse_hunk_header(struct patch_parser *p, struct patch_hunk *h)
{
    const char *at = p->at + 3, *end = p->at + patch_line_bytes(p);

    return range(&at, end, '-', &h->old_start, &h->old_count) &&
           range(&at, end, '+', &h->new_start, &h->new_count) && end - at >= 2 && at[0] == '@' &&
           at[1] == '@' && (h->old_start || !h->old_count) && (h->new_start || !h->new_count);
}

static bool hunk_body(struct patch_parser *p, const struct patch_file *f, struct patch_hunk *h)
{
    uint32_t old = h->old_count, new = h->new_count;
    char last = '\0';

    h->body = p->at;
    while (old || new) {
        char c = p->at < p->end ? p->at[0] : '\0';
        bool empty = c == '\n' || (c == '\r' && p->at + 1 < p->end && p->at[1] == '\n');
        if ((c == ' ' || empty) && old && new)
            old--, new --;
        else if (c == '-' && old)
            old--;
        else if (c == '+' && new)
            new --;
        else if (c != '\\' || !last || last == '\\')
            return patch_reject_count(p, f, h);
        last = c;
        patch_next_line(p);
    }
    if (last != '\\' && patch_begins(p, "\\ ", NULL, NULL))
        patch_next_line(p);
    h->body_bytes = (size_t)(p->at - h->body);
    return true;
}

static bool add_hunk(struct patch_parser *p, struct patch_file *f)
{
    struct patch_hunk *h;

    if (f->hunk_count == f->hunk_capacity) {
        size_t more = f->hunk_capacity ? 2 * f->hunk_capacity : 8;
        struct patch_hunk *moved = reallocarray(f->hunks, more, sizeof(*moved));
        if (!moved)
            return pyro_no_memory(p->err, "the patch");
        f->hunks = moved;
        f->hunk_capacity = more;
    }
    h = &f->hunks[f->hunk_count];
    *h = (struct patch_hunk){ .line = p->line };
    if (!patch_begins(p, "@@ -", NULL, NULL) || !parse_hunk_header(p, h))
        return patch_reject_header(p);
    if (!h->old_count && !h->new_count)
        return patch_reject(p, "a hunk without lines");
    f->hunk_count++;
    patch_next_line(p);
    return hunk_body(p, f, h);
}

static bool parse_hunks(struct patch_parser *p, struct patch_file *f)
{
    while (patch_begins(p, "@@", NULL, NULL))
        if (!add_hunk(p, f))
            return false;
    return true;
}

/* --- the whole --- */

static bool check_file(struct patch_parser *p, const struct patch_file *f)
{
    const struct patch_hunk *h = f->hunks;

    if ((f->kind != PATCH_ADD && !f->old_path) || (f->kind != PATCH_DELETE && !f->new_path))
        return patch_reject(p, "a file's name is missing");
    if (f->new_path && (f->new_mode & MODE_TYPE) == MODE_LINK && is_dot_gitmodules(f->new_path))
        return patch_reject(p, "a symbolic link named .gitmodules, which git refuses");
    if (f->kind == PATCH_ADD && f->hunk_count && (f->hunk_count > 1 || h->old_count))
        return patch_reject(p, "a new file has an old text");
    if (f->kind == PATCH_DELETE && f->hunk_count && (f->hunk_count > 1 || h->new_count))
        return patch_reject(p, "a deleted file has a new text");
    if (f->kind == PATCH_MODIFY && !f->hunk_count && !f->new_mode)
        return patch_reject(p, "a file without a change");
    return true;
}

/* From "diff --git" on. */
static bool git_file(struct patch_parser *p)
{
    struct patch_file *f = add_file(p);
    scoped_free char *name = NULL;
    const char *rest = NULL;
    enum header header = HEADER_DONE;
    bool prefixed = false;
    size_t n = 0;

    if (!f)
        return false;
    patch_begins(p, "diff --git ", &rest, &n);
    name = name_of_git_line(rest, n, &prefixed);
    for (patch_next_line(p); header == HEADER_DONE; patch_next_line(p)) {
        header = extended_header(p, f);
        if (header != HEADER_DONE)
            break;
    }
    if (header == HEADER_FAILED)
        return false;
    if (patch_begins(p, "--- ", NULL, NULL) && !name_lines(p, f, true, prefixed))
        return false;
    /* If no other line names the file (only its mode changes, or it is empty). */
    if (!f->old_path && !f->new_path && name) {
        if (f->kind == PATCH_ADD && !check_new_name(p, name, prefixed))
            return false;
        f->old_path = f->kind == PATCH_ADD ? NULL : to_path(p, strdup(name), false);
        f->new_path = f->kind == PATCH_DELETE ? NULL : to_path(p, strdup(name), false);
        if (!f->old_path && !f->new_path)
            return false;
    }
    if (is_binary_line(p))
        return binary(p, f);
    if (!parse_hunks(p, f))
        return false;
    /* The line alone, as of a comparison without a result, is not a change. */
    if (f->kind == PATCH_MODIFY && !f->hunk_count && !f->new_mode && f->old_path) {
        pyro_fail(p->err, PYRO_PATCH_REJECTED,
                  "the patch, line %u: '%.300s' is named without a change", f->line, f->old_path);
        return false;
    }
    return check_file(p, f);
}

static bool plain_file(struct patch_parser *p)
{
    struct patch_file *f = add_file(p);

    return f && name_lines(p, f, false, false) &&
           (patch_begins(p, "@@", NULL, NULL) ||
            patch_reject(p, "a hunk ('@@ -…') was expected")) &&
           parse_hunks(p, f) && check_file(p, f);
}

static bool parse_all(struct patch_parser *p)
{
    static const char bom[] = "\xef\xbb\xbf";

    if (patch_begins(p, bom, NULL, NULL)) {
        patch_reject(p, "it begins with a byte order mark (BOM)");
        return pyro_hint(p->err, "save the patch as UTF-8 without one");
    }
    while (p->at < p->end) {
        bool git = patch_begins(p, "diff --git ", NULL, NULL), file = git || patch_at_names(p);

        if (!(git ? git_file(p) : file ? plain_file(p) : patch_pass_over(p)))
            return false;
        p->behind_file = p->behind_file || file;
    }
    if (!p->patch->count)
        return pyro_fail(p->err, PYRO_PATCH_REJECTED,
                         "the patch holds no change: neither 'diff --git' nor '---', '+++', '@@'");
    return true;
}

bool patch_parse(const char *text, size_t n, struct patch *ret, struct pyro_error *err)
{
    struct patch patch = { .files = NULL };
    struct patch_parser p = { .at = text, .end = text + n, .line = 1, .patch = &patch, .err = err };

    if (!parse_all(&p)) {
        patch_release(&patch);
        return false;
    }
    *ret = patch;
    return true;
}

void patch_release(struct patch *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->files[i].old_path);
        free(p->files[i].new_path);
        free(p->files[i].hunks);
    }
    free(p->files);
    *p = (struct patch){ .files = NULL };
}

const char *patch_file_name(const struct patch_file *f)
{
    return f->new_path ? f->new_path : f->old_path ? f->old_path : "?";
}
