/* engine/state/tally.c: a file that each event replaces, under a lock. */
#include "engine/state/tally.h"

#include <fcntl.h>
#include <string.h>

#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"

#define TALLY_FILE "tally.json"
#define TALLY_LOCK ".tally.lock"
#define TALLY_BYTES_MAX 4096
#define LOCK_MS 1000 /* it is held for less than one; an event is rather lost than waited for */

#define BOUND_(MS) { MS, offsetof(struct tally, starts_##MS##_ms) },
const struct tally_bound tally_bounds[] = { TALLY_STARTS(BOUND_){
    0, offsetof(struct tally, starts_longer) } };

#define ROW_(MS) ROW_INT(tally, starts_##MS##_ms),
static const struct row_spec tally_rows[] = {
    ROW_VERSION("version", 1),
    TALLY_STARTS(ROW_) ROW_INT(tally, starts_longer),
    ROW_NUM(tally, start_seconds),
    ROW_INT(tally, template_hits),
    ROW_INT(tally, template_builds),
    ROW_INT(tally, supervisor_restarts),
    ROW_END,
};

static int open_root(void)
{
    scoped_free char *path = paths_data(NULL);

    return path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static void read_from(int root_fd, struct tally *ret)
{
    *ret = (struct tally){ 0 };
    if (!rows_read(tally_rows, root_fd, TALLY_FILE, TALLY_BYTES_MAX, ret, NULL))
        *ret = (struct tally){ 0 };
}

void tally_read(struct tally *ret)
{
    scoped_close int root = open_root();

    read_from(root, ret);
}

typedef void tally_change_fn(struct tally *t, const void *arg);

static void change(tally_change_fn *fn, const void *arg)
{
    scoped_close int root = open_root();
    scoped_close int lock =
        root < 0 ? -1 : fs_lock(root, TALLY_LOCK, patience_until(LOCK_MS), NULL);
    struct tally t;

    if (lock < 0)
        return;
    read_from(root, &t);
    fn(&t, arg);
    (void)!rows_write(tally_rows, &t, root, TALLY_FILE, NULL);
}

struct start {
    int64_t took_ms;
    enum tally_template with;
};

static void tally_add_start(struct tally *t, const void *arg)
{
    const struct start *s = arg;
    const struct tally_bound *b = tally_bounds;

    while (b->ms && s->took_ms > b->ms)
        b++;
    ++*(int64_t *)(void *)((char *)t + b->offset);
    t->start_seconds += (double)s->took_ms / 1000;
    t->template_hits += s->with == TALLY_TEMPLATE_HIT;
    t->template_builds += s->with == TALLY_TEMPLATE_BUILT;
}

void tally_start(int64_t took_ms, enum tally_template with)
{
    const struct start s = { .took_ms = took_ms, .with = with };

    change(tally_add_start, &s);
}

static void tally_add_restart(struct tally *t, const void *arg UNUSED)
{
    t->supervisor_restarts++;
}

void tally_supervisor_restart(void)
{
    change(tally_add_restart, NULL);
}
