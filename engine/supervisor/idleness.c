/* engine/supervisor/idleness.c: looking whether anybody needs the machine, several times in the time that is
 * asked for. */
#include "engine/supervisor/idleness.h"

#include <stdlib.h>

#include "engine/supervisor/clients.h"
#include "engine/supervisor/memory_ops.h"
#include "engine/supervisor/service.h"
#include "engine/supervisor/shell.h"
#include "engine/supervisor/suspend.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"

#define LOOKS 6           /* at least, in the time */
#define LOOK_MAX_MS 10000 /* between two */
#define BUSY_PER_CENT 1   /* of a processor: what takes as much is work */

struct idleness {
    struct supervisor *supervisor;
    struct loop_timer timer;
    struct stream question;
    int64_t seconds;   /* as the record had it */
    int64_t since_ms;  /* clock_ms(): nothing has happened since then */
    int64_t looked_ms; /* of what the guest said then: */
    int64_t cpu_us;    /* -1: it was not asked yet */
    uint64_t printed;
};

static void idleness_on_time(void *arg);

static int64_t limit_ms(const struct supervisor *s)
{
    return quiet_time(s->record.suspend_after_idle * 1000);
}

static void look_later(struct idleness *i)
{
    int64_t ms = limit_ms(i->supervisor) / LOOKS;

    loop_timer_set(i->supervisor->loop, &i->timer, ms < LOOK_MAX_MS ? ms : LOOK_MAX_MS,
                   idleness_on_time, i);
}

/* ---- what this process sees ---- */

/* The bytes of all logs that are written to: another sum than before means output. */
static uint64_t printed(const struct supervisor *s)
{
    uint64_t sum = 0;

    for (const struct shell *sh = s->shells; sh; sh = sh->next)
        sum += sh->log.file.size;
    for (const struct service *sv = s->services; sv; sv = sv->next)
        sum += sv->out[0].log.size + sv->out[1].log.size;
    return sum;
}

static bool is_needed_here(struct idleness *i)
{
    struct supervisor *s = i->supervisor;
    uint64_t now = printed(s), before = i->printed;

    i->printed = now;
    return now != before || clients_are_present(s) || s->connections || s->disk_op ||
           s->memory_op || s->disk_holders || s->disk_full || s->record.paused_reason ||
           !suspend_check(s, NULL);
}

/* ---- what the guest says ---- */

static bool is_needed_there(struct idleness *i, const json_t *usage)
{
    int64_t now = clock_ms(), passed_us = (now - i->looked_ms) * 1000;
    int64_t cpu_us = json_int_or(usage, "commands_cpu_us", -1);
    int64_t used_us = cpu_us - i->cpu_us;
    bool first = i->cpu_us < 0;

    i->looked_ms = now;
    i->cpu_us = cpu_us;
    /* A guest program of an earlier version does not say: nothing is known. */
    return first || cpu_us < 0 || json_int_or(usage, "connections", 1) != 0 ||
           used_us * 100 >= passed_us * BUSY_PER_CENT;
}

static void idleness_on_usage(struct stream *stream, const json_t *result,
                              const struct pyro_error *why UNUSED)
{
    struct idleness *i = stream->arg;
    struct supervisor *s = i->supervisor;
    bool needed = is_needed_there(i, result), here = is_needed_here(i);

    if (needed || here)
        i->since_ms = clock_ms();
    if (s->client_left_ms > i->since_ms)
        i->since_ms = s->client_left_ms;
    look_later(i);
    if (clock_ms() - i->since_ms >= limit_ms(s) && !memory_ops_suspend_idle(s, NULL))
        i->since_ms = clock_ms();
}

static void idleness_on_time(void *arg)
{
    static const struct stream_ops ops = { .closed = idleness_on_usage };
    struct idleness *i = arg;
    struct supervisor *s = i->supervisor;
    scoped_json json_t *request = json_pack("{s:s, s:b}", "op", "stat", "usage", true);

    if (!supervisor_check_serving(s, NULL) ||
        !stream_open(s->guest, &i->question, request, &ops, i, NULL))
        look_later(i);
}

/* ---- begin, end ---- */

void idleness_end(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    struct idleness *i = s->idleness;

    if (!i)
        return;
    loop_timer_cancel(s->loop, &i->timer);
    stream_close(&i->question, NULL);
    free(i);
    s->idleness = NULL;
}

void idleness_begin(struct supervisor *s)
{
    struct idleness *i;

    idleness_end(s, NULL);
    if (!s->record.suspend_after_idle || s->record.host_compat)
        return;
    i = s->idleness = calloc(1, sizeof(*i));
    BUG_ON(!i);
    *i = (struct idleness){ .supervisor = s,
                            .seconds = s->record.suspend_after_idle,
                            .since_ms = clock_ms(),
                            .cpu_us = -1,
                            .printed = printed(s) };
    look_later(i);
}

void idleness_updated(struct supervisor *s)
{
    if (s->phase == PHASE_RUNNING &&
        s->record.suspend_after_idle != (s->idleness ? s->idleness->seconds : 0))
        idleness_begin(s);
}
