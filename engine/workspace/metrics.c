/* engine/workspace/metrics.c: a table of what is told of each running workspace, and the rest by hand. */
#include "engine/workspace/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "engine/state/tally.h"
#include "engine/workspace/stats.h"
#include "vmm/base/utf8.h"

/* ---- text ---- */

static bool begin(struct buf *b, const char *name, const char *type, const char *help)
{
    return buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: backslash, quotation mark and newline have escapes, other control characters have
 * none. */
static bool add_value(struct buf *b, const char *s)
{
    size_t left = strlen(s);
    bool ok = true;

    while (ok && left) {
        size_t n = utf8_valid_length(s, left);
        bool control = (n == 1 && ((unsigned char)*s < ' ' || *s == 0x7f)) ||
                       (n == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0);
        if (*s == '\n')
            ok = buf_append_str(b, "\\n");
        else if (!n || control)
            ok = buf_append_str(b, UTF8_REPLACEMENT);
        else
            ok = (*s != '\\' && *s != '"' ? true : buf_append_str(b, "\\")) && buf_append(b, s, n);
        s += n ? n : 1;
        left -= n ? n : 1;
    }
    return ok;
}

/* ---- of each ---- */

struct per_workspace {
    const char *name, *type, *help;
    double (*value)(const struct workspace_stat *s);
};

static double metrics_cpu(const struct workspace_stat *s)
{
    return s->usage.cpu_seconds;
}

static double metrics_memory(const struct workspace_stat *s)
{
    return (double)s->usage.memory_bytes;
}

static double metrics_disk(const struct workspace_stat *s)
{
    return (double)s->disk_bytes;
}

static double metrics_received(const struct workspace_stat *s)
{
    return (double)s->network.received_bytes;
}

static double metrics_sent(const struct workspace_stat *s)
{
    return (double)s->network.sent_bytes;
}

static double metrics_commands(const struct workspace_stat *s)
{
    return (double)s->commands;
}

static double metrics_running(const struct workspace_stat *s)
{
    return (double)s->running_commands;
}

static double metrics_shells(const struct workspace_stat *s)
{
    return (double)s->shells;
}

static double metrics_services(const struct workspace_stat *s)
{
    return (double)s->running_services;
}

static const struct per_workspace each[] = {
    { "pyro_workspace_cpu_seconds_total", "counter",
      "Processor time of a running workspace's processes on this host.", metrics_cpu },
    { "pyro_workspace_memory_bytes", "gauge",
      "Memory of a running workspace's processes, without the pages that it shares with others.",
      metrics_memory },
    { "pyro_workspace_disk_bytes", "gauge",
      "What the disk and the snapshots of a running workspace take on this host.", metrics_disk },
    { "pyro_workspace_network_receive_bytes_total", "counter",
      "Bytes of frames that a running workspace received.", metrics_received },
    { "pyro_workspace_network_transmit_bytes_total", "counter",
      "Bytes of frames that a running workspace sent.", metrics_sent },
    { "pyro_workspace_commands_total", "counter",
      "Commands that were started in a running workspace since it was made or reset.",
      metrics_commands },
    { "pyro_workspace_running_commands", "gauge", "Commands that run in a workspace.",
      metrics_running },
    { "pyro_workspace_shells", "gauge", "Shells that run in a workspace.", metrics_shells },
    { "pyro_workspace_services", "gauge", "Services that run in a workspace.", metrics_services },
};

static bool add_each(struct buf *b, const struct per_workspace *m,
                     const struct workspace_stats *stats)
{
    bool ok = begin(b, m->name, m->type, m->help);

    for (size_t i = 0; ok && i < stats->count; i++) {
        const struct workspace_stat *s = &stats->items[i];
        ok = buf_printf(b, "%s{workspace_id=\"%s\",name=\"", m->name, s->id) &&
             add_value(b, s->name ? s->name : "") && buf_printf(b, "\"} %.17g\n", m->value(s));
    }
    return ok;
}

/* ---- of all ---- */

static bool add_states(struct buf *b, const struct workspace_stats *stats)
{
    bool ok =
        begin(b, "pyro_workspaces", "gauge", "Workspaces of this user on this host, by state.");

    for (unsigned i = 0; ok && i < WORKSPACE_STATES; i++)
        ok = buf_printf(b, "pyro_workspaces{state=\"%s\"} %" PRId64 "\n", workspace_state_name(i),
                        stats->states[i]);
    ok = ok && begin(b, "pyro_workspaces_attention", "gauge",
                     "Workspaces by what needs a person in them.");
    for (unsigned i = 0; ok && i < ATTENTION_STATES; i++)
        ok = buf_printf(b, "pyro_workspaces_attention{attention=\"%s\"} %" PRId64 "\n",
                        attention_states[i], stats->attention[i]);
    return ok;
}

static bool add_starts(struct buf *b, const struct tally *t)
{
    int64_t sum = 0;
    bool ok = begin(b, "pyro_start_seconds", "histogram",
                    "How long starts of machines on this host took until commands could run.");

    for (const struct tally_bound *at = tally_bounds;; at++) {
        sum += *(const int64_t *)(const void *)((const char *)t + at->offset);
        if (!at->ms)
            break;
        ok = ok && buf_printf(b, "pyro_start_seconds_bucket{le=\"%g\"} %" PRId64 "\n",
                              (double)at->ms / 1000, sum);
    }
    return ok &&
           buf_printf(b,
                      "pyro_start_seconds_bucket{le=\"+Inf\"} %" PRId64
                      "\npyro_start_seconds_sum %.17g\npyro_start_seconds_count %" PRId64 "\n",
                      sum, t->start_seconds, sum);
}

static bool add_counter(struct buf *b, const char *name, const char *help, int64_t value)
{
    return begin(b, name, "counter", help) && buf_printf(b, "%s %" PRId64 "\n", name, value);
}

bool metrics_text(struct buf *ret, struct pyro_error *err)
{
    scoped_stats struct workspace_stats stats = { 0 };
    struct tally t;
    bool ok;

    if (!workspace_stats_take(NULL, &stats, err))
        return false;
    tally_read(&t);
    ok = add_states(ret, &stats);
    for (size_t i = 0; ok && i < ARRAY_SIZE(each); i++)
        ok = add_each(ret, &each[i], &stats);
    ok =
        ok && add_starts(ret, &t) &&
        add_counter(ret, "pyro_template_hits_total",
                    "Starts of machines whose template was there already.", t.template_hits) &&
        add_counter(ret, "pyro_template_builds_total",
                    "Starts of machines that had to make their template first.",
                    t.template_builds) &&
        add_counter(ret, "pyro_supervisor_restarts_total",
                    "Supervisors that took the place of one that was lost.", t.supervisor_restarts);
    if (!ok)
        return pyro_no_memory(err, "the metrics");
    return true;
}
