/* engine/state/shell_cursor.c: a shell's cuts, each {from, cursor}: what comes after the offset `from`
 * has the cursors after `cursor`. Both grow from one to the next. */
#include "engine/state/shell_cursor.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"

/* Beyond them all that was given out is refused, but 0. */
#define CUTS_MAX 64

struct piece {
    uint64_t from, cursor;
};

/* Piece 0 begins with the log. */
static struct piece piece_of(const struct shell_record *r, size_t i)
{
    const json_t *cut = i ? json_array_get(r->cuts, i - 1) : NULL;

    return (struct piece){ (uint64_t)json_int_or(cut, "from", 0),
                           (uint64_t)json_int_or(cut, "cursor", 0) };
}

uint64_t shell_cursor_at(const struct shell_record *r, uint64_t offset)
{
    size_t i = json_array_size(r->cuts);
    struct piece p = piece_of(r, i);

    while (i && p.from >= offset)
        p = piece_of(r, --i);
    return p.cursor + (offset - p.from);
}

static bool refuse(const struct shell_record *r, uint64_t cursor, uint64_t cut_at,
                   struct pyro_error *err)
{
    pyro_fail(err, PYRO_SHELL_STATE,
              "cursor %llu of shell '%s' is of output that a reset to a snapshot has taken back",
              (unsigned long long)cursor, r->id);
    return pyro_hint(err, "go on from cursor %llu, where its log was cut, or read from 0",
                     (unsigned long long)cut_at);
}

bool shell_cursor_find(const struct shell_record *r, uint64_t cursor, uint64_t size,
                       uint64_t *ret_offset, struct pyro_error *err)
{
    size_t count = json_array_size(r->cuts), i = count;
    struct piece p = piece_of(r, i);
    uint64_t offset, end = size;

    while (i && p.cursor >= cursor)
        p = piece_of(r, --i);
    offset = p.from + (cursor - p.cursor);
    if (i < count)
        end = piece_of(r, i + 1).from;
    if (offset > end && i < count)
        return refuse(r, cursor, p.cursor + (end - p.from), err);
    if (offset > end) {
        pyro_fail(err, PYRO_SHELL_STATE,
                  "cursor %llu is past the end of shell '%s', which is at %llu",
                  (unsigned long long)cursor, r->id, (unsigned long long)shell_cursor_at(r, size));
        return pyro_hint(err, "use the next_cursor of the last read, or 0 for the beginning");
    }
    *ret_offset = offset;
    return true;
}

/* ---- of all shells ---- */

struct shells {
    int workspace_fd;
    uint64_t cursors;
    bool ok;
    struct pyro_error *err;
};

/* False: it has no log, and was never read. */
static bool size_of(const struct shells *all, const char *id, uint64_t *ret)
{
    scoped_close int fd = shell_open_file(all->workspace_fd, id, "log", O_RDONLY, NULL);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    *ret = (uint64_t)st.st_size;
    return true;
}

static void shell_cursor_raise(void *arg, const struct shell_record *r)
{
    struct shells *all = arg;
    uint64_t size, last;

    if (!size_of(all, r->id, &size))
        return;
    last = shell_cursor_at(r, size);
    if (last > all->cursors)
        all->cursors = last;
}

bool shell_cursors_raise(int workspace_fd, uint64_t *cursors, struct pyro_error *err)
{
    struct shells all = { .workspace_fd = workspace_fd, .cursors = *cursors };

    if (!shell_each(workspace_fd, shell_cursor_raise, &all, err))
        return false;
    *cursors = all.cursors;
    return true;
}

static void add_cut(struct shell_record *r, uint64_t size, uint64_t cursors)
{
    size_t count = json_array_size(r->cuts);

    if (!r->cuts)
        r->cuts = json_array();
    if (count && piece_of(r, count).from == size) /* it has printed nothing since */
        json_array_remove(r->cuts, count - 1);
    else if (count == CUTS_MAX) {
        json_array_clear(r->cuts);
        size = 0;
    }
    json_array_append_new(
        r->cuts, json_pack("{s:I, s:I}", "from", (json_int_t)size, "cursor", (json_int_t)cursors));
}

static void shell_cursor_cut(void *arg, const struct shell_record *r)
{
    struct shells *all = arg;
    scoped_shell_record struct shell_record own = { 0 };
    uint64_t size;

    if (!all->ok || !size_of(all, r->id, &size))
        return;
    all->ok = shell_record_load(all->workspace_fd, r->id, &own, all->err);
    if (!all->ok || shell_cursor_at(&own, size) >= all->cursors)
        return;
    add_cut(&own, size, all->cursors);
    all->ok = shell_record_save(all->workspace_fd, &own, all->err);
}

bool shell_cursors_cut(int workspace_fd, uint64_t cursors, struct pyro_error *err)
{
    struct shells all = {
        .workspace_fd = workspace_fd, .cursors = cursors, .ok = true, .err = err
    };

    return shell_each(workspace_fd, shell_cursor_cut, &all, err) && all.ok;
}
