/* engine/commands/hold.c: what a process says while it holds a workspace. */
#include "engine/commands/hold.h"

#include "engine/commands/show.h"
#include "engine/helper/notify.h"

#define STATUS_EXPIRED 3

struct hold_saying {
    struct cmd_io *io;
    const json_t *created;
};

static void hold_show_nothing(const json_t *result UNUSED, FILE *out UNUSED)
{
}

/* Now: the result comes with the end. A reader that is gone does not end what is held. */
static void hold_show_ready(struct cmd_io *io, const json_t *created)
{
    scoped_free char *text = NULL;
    struct pyro_error why = { 0 };
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    BUG_ON(!out);
    if (created)
        (io->print ? io->print : show_workspace)(created, out);
    fputs("ready\n", out);
    fclose(out);
    if (!cmd_io_write(io, false, text, n, &why) || !cmd_io_pause(io, &why))
        cmd_io_warn(io, "ready, but nobody can be told: %s", why.message);
    io->quiet_exit = false;
}

static void hold_say_ready(void *arg, const char *id, bool accounted)
{
    const struct hold_saying *saying = arg;
    struct cmd_io *io = saying->io;

    cmd_io_clear_progress(io);
    if (!io->json)
        hold_show_ready(io, saying->created);
    cmd_io_summary(io, "workspace-hold",
                   (const struct summary_item[]){ { "workspace_id", id },
                                                  { "accounted", accounted ? "yes" : "no" },
                                                  { NULL, NULL } });
    service_notify("READY=1");
}

json_t *hold_workspace(struct cmd_io *io, const char *ref, const json_t *created,
                       struct workspace_hold_spec spec, struct pyro_error *err)
{
    struct hold_saying saying = { .io = io, .created = created };
    bool expired = false;
    json_t *ended;

    spec.ready = hold_say_ready;
    spec.arg = &saying;
    ended = workspace_hold(ref, &spec, &io->progress, &expired, err);
    io->exit_status = expired ? STATUS_EXPIRED : 0;
    io->print = hold_show_nothing;
    return ended;
}
