/* tui/state.c: reading and writing what the interface keeps. */
#include "tui/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/rows.h"

#define STATE_FILE "tui.json"
#define STATE_MAX (64 * 1024)

static const struct row_spec rows[] = {
    ROW_VERSION("version", 1),
    ROW_MAP(state, bookmarks, .sparse = true),
    ROW_TEXT(state, group, .sparse = true),
    ROW_MAP(state, pins, .sparse = true),
    ROW_END,
};

static struct state state;

/* The directory; -1 on failure. */
static int open_directory(struct pyro_error *err)
{
    scoped_free char *path = paths_state(err);

    return path ? fs_open_dir(AT_FDCWD, path, err) : -1;
}

static bool read_file(int dir_fd, struct pyro_error *err)
{
    struct state next = { 0 };

    if (!rows_read(rows, dir_fd, STATE_FILE, STATE_MAX, &next, err)) {
        rows_release(rows, &next);
        return false;
    }
    state_release();
    state = next;
    return true;
}

void state_init(struct app *app)
{
    struct pyro_error err = { 0 };
    scoped_close int dir_fd = open_directory(&err);

    if (dir_fd >= 0 && (read_file(dir_fd, &err) || err.sys_errno == ENOENT))
        return;
    pyro_wrap(&err, "bookmarks, pins and groups are not as they were");
    app_error(app, &err);
}

void state_release(void)
{
    rows_release(rows, &state);
    state = (struct state){ 0 };
}

const struct state *state_get(void)
{
    return &state;
}

void state_change(struct app *app, state_change_fn *change, void *arg)
{
    struct pyro_error err = { 0 };
    scoped_close int dir_fd = open_directory(&err);
    bool ok = dir_fd >= 0;

    if (ok && !read_file(dir_fd, &err) && err.sys_errno != ENOENT) /* put aside, and replaced */
        ok = renameat(dir_fd, STATE_FILE, dir_fd, STATE_FILE ".bad") == 0;
    change(&state, arg);
    if (!ok || !rows_write(rows, &state, dir_fd, STATE_FILE, &err)) {
        pyro_wrap(&err, "this is forgotten when pyro tui ends");
        app_error(app, &err);
    }
}
