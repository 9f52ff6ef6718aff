/* engine/image/patch_parse.c: from a patch's text to files and hunks. */
#include <stdlib.h>
#include <string.h>

#include "engine/image/patch.h"
#include "vmm/base/file_records.h"

#define MODE_TYPE 0170000u
#define MODE_FILE 0100000u
#define MODE_LINK 0120000u

struct parser {
    const char *at, *end; /* the current line, and the end of the text */
    unsigned line;
    struct patch *patch;
    struct pyro_error *err;
};

/* --- lines --- */

static size_t line_bytes(const struct parser *p)
{
    const char *newline = p->at < p->end ? memchr(p->at, '\n', (size_t)(p->end - p->at)) : NULL;

    return newline ? (size_t)(newline - p->at) + 1 : (size_t)(p->end - p->at);
}

static void next_line(struct parser *p)
{
    p->at += line_bytes(p);
    p->line++;
}

/* Whether the line begins so; *ret_rest and *ret_n are what follows, with the line's end. */
static bool begins(const struct parser *p, const char *with, const char **ret_rest, size_t *ret_n)
{
    size_t n = strlen(with), all = line_bytes(p);

    if (all < n || memcmp(p->at, with, n) != 0)
        return false;
    if (ret_rest) {
        *ret_rest = p->at + n;
        *ret_n = all - n;
    }
    return true;
}

static bool reject(struct parser *p, const char *why)
{
    pyro_fail(p->err, PYRO_PATCH_REJECTED, "the patch, line %u: %s", p->line, why);
    return false;
}

static bool no_memory(struct parser *p)
{
    return pyro_fail(p->err, PYRO_NO_MEMORY, "the patch: out of memory");
}

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

/* A name as it stands in a patch becomes a path: the first part goes, when there is more than one.
 * `whole`: nothing goes. Takes `name`. */
static char *to_path(struct parser *p, char *name, bool whole)
{
    static const char workspace[] = "/workspace/";
    scoped_free char *owned = name;
    const char *slash, *path = owned;
    char *copy;

    if (!owned) {
        reject(p, "a file's name is missing or malformed");
        return NULL;
    }
    slash = strchr(owned, '/');
    if (!strncmp(owned, workspace, sizeof(workspace) - 1))
        path = owned + sizeof(workspace) - 1;
    else if (!whole && slash && slash != owned)
        path = slash + 1;
    if (!is_plain_path(path)) {
        pyro_fail(p->err, PYRO_PATH_REFUSED,
                  "the patch, line %u: '%.300s' is no path below /workspace", p->line, owned);
        return NULL;
    }
    copy = strdup(path);
    if (!copy)
        no_memory(p);
    return copy;
}

/* Puts a path into the field; one that is there already must be the same. */
static bool set_path(struct parser *p, char **field, char *path)
{
    if (!path)
        return false;
    if (*field && strcmp(*field, path) != 0) {
        free(path);
        return reject(p, "two headers of a file name different files");
    }
    free(*field);
    *field = path;
    return true;
}

/* --- files --- */

static struct patch_file *add_file(struct parser *p)
{
    struct patch *patch = p->patch;

    if (patch->count == patch->capacity) {
        size_t more = patch->capacity ? 2 * patch->capacity : 16;
        struct patch_file *moved = reallocarray(patch->files, more, sizeof(*moved));
        if (!moved) {
            no_memory(p);
            return NULL;
        }
        patch->files = moved;
        patch->capacity = more;
    }
    patch->files[patch->count] = (struct patch_file){ .line = p->line };
    return &patch->files[patch->count++];
}

static bool parse_mode(struct parser *p, const char *rest, size_t n, uint32_t *ret)
{
    uint32_t mode = 0;
    size_t i = 0;

    while (i < n && i < 7 && rest[i] >= '0' && rest[i] <= '7')
        mode = mode << 3 | (uint32_t)(rest[i++] - '0');
    while (i < n && (rest[i] == '\r' || rest[i] == '\n' || rest[i] == ' '))
        i++;
    if (i < n || ((mode & MODE_TYPE) != MODE_FILE && (mode & MODE_TYPE) != MODE_LINK))
        return reject(p, "the mode of neither a file nor a symbolic link");
    *ret = mode;
    return true;
}

/* The name that "diff --git a/X b/X" gives when no other header does: only when both are the same.
 * Never an error. */
static char *name_of_git_line(const char *rest, size_t n)
{
    size_t used;
    scoped_free char *first = NULL;

    while (n && (rest[n - 1] == '\n' || rest[n - 1] == '\r'))
        n--;
    if (n && rest[0] == '"') {
        scoped_free char *second = NULL;
        const char *slash;
        size_t used2;
        first = patch_unquote(rest, n, &used);
        if (!first || used + 1 >= n)
            return NULL;
        second = patch_unquote(rest + used + 1, n - used - 1, &used2);
        slash = strchr(first, '/');
        if (!second || !slash || !strchr(second, '/') || strcmp(slash, strchr(second, '/')) != 0)
            return NULL;
        return take_ptr(&first);
    }
    /* "a/NAME b/NAME": NAME may hold spaces, so the middle is where both halves agree. */
    if (n % 2 == 1 && rest[n / 2] == ' ') {
        const char *one = memchr(rest, '/', n / 2);
        const char *two = memchr(rest + n / 2 + 1, '/', n / 2);
        if (one && two && one - rest == two - (rest + n / 2 + 1) &&
            !memcmp(one, two, n / 2 - (size_t)(one - rest)))
            return strndup(rest, n / 2);
    }
    return NULL;
}

enum header { HEADER_NONE, HEADER_DONE, HEADER_FAILED };

static enum header done(bool ok)
{
    return ok ? HEADER_DONE : HEADER_FAILED;
}

/* One of git's extended headers. */
static enum header extended_header(struct parser *p, struct patch_file *f)
{
    const char *rest;
    size_t n, used;

    if (begins(p, "old mode ", &rest, &n))
        return done(parse_mode(p, rest, n, &f->old_mode));
    if (begins(p, "new mode ", &rest, &n))
        return done(parse_mode(p, rest, n, &f->new_mode));
    if (begins(p, "deleted file mode ", &rest, &n)) {
        f->kind = PATCH_DELETE;
        return done(parse_mode(p, rest, n, &f->old_mode));
    }
    if (begins(p, "new file mode ", &rest, &n)) {
        f->kind = PATCH_ADD;
        return done(parse_mode(p, rest, n, &f->new_mode));
    }
    if (begins(p, "rename from ", &rest, &n) || begins(p, "copy from ", &rest, &n)) {
        f->kind = p->at[0] == 'r' ? PATCH_RENAME : PATCH_COPY;
        return done(set_path(p, &f->old_path, to_path(p, patch_unquote(rest, n, &used), true)));
    }
    if (begins(p, "rename to ", &rest, &n) || begins(p, "copy to ", &rest, &n)) {
        f->kind = p->at[0] == 'r' ? PATCH_RENAME : PATCH_COPY;
        return done(set_path(p, &f->new_path, to_path(p, patch_unquote(rest, n, &used), true)));
    }
    if (begins(p, "index ", &rest, &n)) {
        const char *space = memchr(rest, ' ', n);
        if (!space || f->old_mode || f->new_mode)
            return HEADER_DONE;
        return done(parse_mode(p, space + 1, n - (size_t)(space + 1 - rest), &f->old_mode));
    }
    if (begins(p, "similarity index ", NULL, NULL) || begins(p, "dissimilarity index ", NULL, NULL))
        return HEADER_DONE;
    return HEADER_NONE;
}

static bool binary(struct parser *p, const struct patch_file *f)
{
    pyro_fail(p->err, PYRO_PATCH_REJECTED,
              "the patch, line %u: '%.300s' is changed as a binary file, and only text can be "
              "patched",
              p->line, patch_file_name(f));
    return pyro_hint(p->err, "bring binary files in with 'pyro workspace sync push'");
}

static bool is_binary_line(const struct parser *p)
{
    return begins(p, "GIT binary patch", NULL, NULL) || begins(p, "Binary files ", NULL, NULL);
}

/* "--- NAME" or "+++ NAME": *ret_null for /dev/null, else a new path (NULL: failed). `epoch`: the
 * time behind the name is 1970, with which diff(1) says that the file is not there. */
static char *parse_name_line(struct parser *p, bool *ret_null, bool *ret_epoch)
{
    const char *rest = p->at + 4;
    size_t n = line_bytes(p) - 4, used;
    scoped_free char *name = patch_unquote(rest, n, &used);

    *ret_null = name && !strcmp(name, "/dev/null");
    if (*ret_null)
        return NULL;
    *ret_epoch =
        name && n - used > 11 && rest[used] == '\t' &&
        (!memcmp(rest + used + 1, "1970-01-01", 10) || !memcmp(rest + used + 1, "1969-12-31", 10));
    return to_path(p, take_ptr(&name), false);
}

/* The pair of "---" and "+++" of a file. */
static bool name_lines(struct parser *p, struct patch_file *f, bool git)
{
    bool old_null, new_null = false, old_epoch = false, new_epoch = false;
    scoped_free char *old = parse_name_line(p, &old_null, &old_epoch), *new = NULL;

    if (!old && !old_null)
        return false;
    next_line(p);
    if (!begins(p, "+++ ", NULL, NULL))
        return reject(p, "'+++' was expected after '---'");
    new = parse_name_line(p, &new_null, &new_epoch);
    if (!new && !new_null)
        return false;
    if (old_null && new_null)
        return reject(p, "a file that is neither before nor after");
    if (git) {
        if ((old_null && f->kind != PATCH_ADD) || (new_null && f->kind != PATCH_DELETE))
            return reject(p, "/dev/null, where the headers say that there is a file");
        if (f->kind == PATCH_ADD && !old_null)
            free(take_ptr(&old)); /* git writes /dev/null; others name the file */
        if (f->kind == PATCH_DELETE && !new_null)
            free(take_ptr(&new));
        if (f->kind == PATCH_MODIFY && strcmp(old, new) != 0)
            return reject(p, "a file changes its name without a 'rename' header");
    } else if (old_null || new_null || old_epoch || new_epoch) {
        f->kind = old_null || old_epoch ? PATCH_ADD : PATCH_DELETE;
        free(f->kind == PATCH_ADD ? take_ptr(&old) : take_ptr(&new));
    } else {
        /* diff(1) may name a backup ("x.orig") or another tree: the new name counts. */
        free(old);
        old = strdup(new);
        f->may_add = true;
    }
    next_line(p);
    return (!old || set_path(p, &f->old_path, take_ptr(&old))) &&
           (!new || set_path(p, &f->new_path, take_ptr(&new)));
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

static bool parse_hunk_header(struct parser *p, struct patch_hunk *h)
{
    const char *at = p->at + 3, *end = p->at + line_bytes(p);

    return range(&at, end, '-', &h->old_start, &h->old_count) &&
           range(&at, end, '+', &h->new_start, &h->new_count) && end - at >= 2 && at[0] == '@' &&
           at[1] == '@' && (h->old_start || !h->old_count) && (h->new_start || !h->new_count);
}

static bool cut_short(struct parser *p, const struct patch_file *f, const struct patch_hunk *h)
{
    pyro_fail(p->err, PYRO_PATCH_REJECTED,
              "the patch, line %u: '%.200s': the hunk at line %u has not the lines that its header "
              "says (-%u +%u)",
              p->line, patch_file_name(f), h->line, h->old_count, h->new_count);
    return pyro_hint(p->err, "count the lines in '@@ -…,OLD +…,NEW @@' again");
}

static bool hunk_body(struct parser *p, const struct patch_file *f, struct patch_hunk *h)
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
            return cut_short(p, f, h);
        last = c;
        next_line(p);
    }
    if (last != '\\' && begins(p, "\\ ", NULL, NULL))
        next_line(p);
    h->body_bytes = (size_t)(p->at - h->body);
    return true;
}

static bool add_hunk(struct parser *p, struct patch_file *f)
{
    struct patch_hunk *h;

    if (f->hunk_count == f->hunk_capacity) {
        size_t more = f->hunk_capacity ? 2 * f->hunk_capacity : 8;
        struct patch_hunk *moved = reallocarray(f->hunks, more, sizeof(*moved));
        if (!moved)
            return no_memory(p);
        f->hunks = moved;
        f->hunk_capacity = more;
    }
    h = &f->hunks[f->hunk_count];
    *h = (struct patch_hunk){ .line = p->line };
    if (!parse_hunk_header(p, h))
        return reject(p, "no hunk header ('@@ -LINE,COUNT +LINE,COUNT @@')");
    if (!h->old_count && !h->new_count)
        return reject(p, "a hunk of no lines");
    f->hunk_count++;
    next_line(p);
    return hunk_body(p, f, h);
}

static bool parse_hunks(struct parser *p, struct patch_file *f)
{
    while (begins(p, "@@ -", NULL, NULL))
        if (!add_hunk(p, f))
            return false;
    return true;
}

/* --- the whole --- */

static bool check_file(struct parser *p, const struct patch_file *f)
{
    const struct patch_hunk *h = f->hunks;

    if ((f->kind != PATCH_ADD && !f->old_path) || (f->kind != PATCH_DELETE && !f->new_path))
        return reject(p, "a file's name is missing");
    if (f->kind == PATCH_ADD && f->hunk_count && (f->hunk_count > 1 || h->old_count))
        return reject(p, "a new file has an old text");
    if (f->kind == PATCH_DELETE && f->hunk_count && (f->hunk_count > 1 || h->new_count))
        return reject(p, "a deleted file has a new text");
    if (f->kind == PATCH_MODIFY && !f->hunk_count && !f->new_mode)
        return reject(p, "a file without a change");
    return true;
}

/* From "diff --git" on. */
static bool git_file(struct parser *p)
{
    struct patch_file *f = add_file(p);
    scoped_free char *name = NULL;
    const char *rest = NULL;
    enum header header = HEADER_DONE;
    size_t n = 0;

    if (!f)
        return false;
    begins(p, "diff --git ", &rest, &n);
    name = name_of_git_line(rest, n);
    for (next_line(p); header == HEADER_DONE; next_line(p)) {
        header = extended_header(p, f);
        if (header != HEADER_DONE)
            break;
    }
    if (header == HEADER_FAILED)
        return false;
    if (begins(p, "--- ", NULL, NULL) && !name_lines(p, f, true))
        return false;
    /* Where no other line names the file (only its mode changes, or it is empty). */
    if (!f->old_path && !f->new_path && name) {
        f->old_path = f->kind == PATCH_ADD ? NULL : to_path(p, strdup(name), false);
        f->new_path = f->kind == PATCH_DELETE ? NULL : to_path(p, strdup(name), false);
        if (!f->old_path && !f->new_path)
            return false;
    }
    if (is_binary_line(p))
        return binary(p, f);
    if (!parse_hunks(p, f))
        return false;
    /* The mere line, as of a comparison without an outcome, is no change. */
    if (f->kind == PATCH_MODIFY && !f->hunk_count && !f->new_mode && f->old_path) {
        pyro_fail(p->err, PYRO_PATCH_REJECTED,
                  "the patch, line %u: '%.300s' is named without a change", f->line, f->old_path);
        return false;
    }
    return check_file(p, f);
}

static bool plain_file(struct parser *p)
{
    struct patch_file *f = add_file(p);

    return f && name_lines(p, f, false) &&
           (begins(p, "@@ -", NULL, NULL) || reject(p, "a hunk ('@@ -…') was expected")) &&
           parse_hunks(p, f) && check_file(p, f);
}

/* Whether "---", "+++" and "@@" stand in three lines that follow each other. */
static bool is_plain_header(const struct parser *p)
{
    struct parser ahead = *p;

    if (!begins(&ahead, "--- ", NULL, NULL))
        return false;
    next_line(&ahead);
    if (!begins(&ahead, "+++ ", NULL, NULL))
        return false;
    next_line(&ahead);
    return begins(&ahead, "@@ -", NULL, NULL);
}

static bool parse_all(struct parser *p)
{
    while (p->at < p->end) {
        bool ok = true;
        if (begins(p, "diff --git ", NULL, NULL))
            ok = git_file(p);
        else if (is_plain_header(p))
            ok = plain_file(p);
        else if (begins(p, "@@ -", NULL, NULL))
            return reject(p, "a hunk without a file ('--- a/…', '+++ b/…') before it");
        else if (begins(p, "Binary files ", NULL, NULL))
            return reject(p, "binary files, and only text can be patched");
        else
            next_line(p);
        if (!ok)
            return false;
    }
    if (!p->patch->count)
        return pyro_fail(p->err, PYRO_PATCH_REJECTED,
                         "the patch holds no change: neither 'diff --git' nor '---', '+++', '@@'");
    return true;
}

bool patch_parse(const char *text, size_t n, struct patch *ret, struct pyro_error *err)
{
    struct patch patch = { .files = NULL };
    struct parser p = { .at = text, .end = text + n, .line = 1, .patch = &patch, .err = err };

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
