/* tests/bench/report.c: the table, on the terminal and as a document. */
#include <fcntl.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/sections.h"
#include "vmm/base/fs.h"

#define DOCUMENT_BYTES_MAX (1024 * 1024)

void samples_add(struct samples *s, double value)
{
    if (s->count < BENCH_SAMPLES_MAX)
        s->value[s->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double samples_median(struct samples *s)
{
    qsort(s->value, s->count, sizeof(s->value[0]), compare);
    return s->count % 2 ? s->value[s->count / 2]
                        : (s->value[s->count / 2 - 1] + s->value[s->count / 2]) / 2;
}

double samples_min(struct samples *s)
{
    samples_median(s);
    return s->value[0];
}

double samples_max(struct samples *s)
{
    samples_median(s);
    return s->value[s->count - 1];
}

static bool within(enum bench_sense sense, double value, double limit)
{
    return sense == AT_MOST ? value <= limit : value >= limit;
}

static double ratio_of(struct bench_result *r)
{
    return r->peer.count ? samples_median(&r->ours) / samples_median(&r->peer) : 0;
}

enum bench_verdict bench_judge(const struct bench_row *row, struct bench_result *r)
{
    if (row->target > 0 && !within(row->sense, samples_median(&r->ours), row->target))
        return BENCH_MISSED;
    if (row->peer_ratio > 0 && r->peer.count && !within(row->sense, ratio_of(r), row->peer_ratio))
        return BENCH_MISSED;
    return row->target > 0 || (row->peer_ratio > 0 && r->peer.count) ? BENCH_MET : BENCH_SHOWN;
}

/* Three digits that matter. */
static const char *number(double value, char *ret, size_t n)
{
    snprintf(ret, n, "%.*f", value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0, value);
    return ret;
}

static const char *target_text(const struct bench_row *row, char *ret, size_t n)
{
    const char *sign = row->sense == AT_MOST ? "≤" : "≥";
    int at = 0;

    ret[0] = '\0';
    if (row->target > 0)
        at = snprintf(ret, n, "%s %g %s", sign, row->target, row->unit);
    if (row->peer_ratio > 0 && at >= 0 && (size_t)at < n)
        snprintf(ret + at, n - (size_t)at, "%s%s %g × peer", at ? ", " : "", sign, row->peer_ratio);
    return ret;
}

static const char *verdict_text(enum bench_verdict v)
{
    static const char *const words[] = { [BENCH_MET] = "met",
                                         [BENCH_MISSED] = "MISSED",
                                         [BENCH_SHOWN] = "",
                                         [BENCH_IMPOSSIBLE] = "not possible here",
                                         [BENCH_FAILED] = "FAILED" };

    return words[v];
}

#define STEPS 100000000u /* each needs the result of the one before */

/* Milliseconds for them: a virtual machine's cores are as fast as its host leaves them. */
static double core_now(void)
{
    int64_t began = clock_ms();
    volatile uint64_t result;
    uint64_t x = (uint64_t)began;

    for (unsigned i = 0; i < STEPS; i++)
        x = x * 6364136223846793005u + 1442695040888963407u;
    result = x;
    (void)result;
    return (double)(clock_ms() - began);
}

/* What else the machine had to do, in the minute before the first row, and how fast it was then. */
static double load_before, core_before;

static double load_now(void)
{
    double load = 0;

    return getloadavg(&load, 1) == 1 ? load : 0;
}

void report_header(void)
{
    load_before = load_now();
    core_before = core_now();
    printf("%-58s %-5s %8s %8s %8s %9s %7s  %s\n", "what", "unit", "min", "median", "max", "peer",
           "ratio", "target");
}

void report_line(const struct bench_entry *entry)
{
    struct bench_result r = entry->result;
    char min[32], median[32], max[32], peer[32] = "", ratio[32] = "", target[64];

    if (entry->verdict == BENCH_IMPOSSIBLE || entry->verdict == BENCH_FAILED) {
        printf("%-58s %s: %s\n", entry->row->name, verdict_text(entry->verdict), entry->reason);
        fflush(stdout);
        return;
    }
    if (r.peer.count) {
        number(samples_median(&r.peer), peer, sizeof(peer));
        number(ratio_of(&r), ratio, sizeof(ratio));
    }
    printf("%-58s %-5s %8s %8s %8s %9s %7s  %s %s\n", entry->row->name, entry->row->unit,
           number(samples_min(&r.ours), min, sizeof(min)),
           number(samples_median(&r.ours), median, sizeof(median)),
           number(samples_max(&r.ours), max, sizeof(max)), peer, ratio,
           target_text(entry->row, target, sizeof(target)), verdict_text(entry->verdict));
    if (r.peer_missing[0])
        printf("    the peer (%s) is missing: %s\n", entry->row->peer, r.peer_missing);
    fflush(stdout);
}

/* --- the document --- */

/* The text after ':' of the first line that begins with key. */
static void proc_value(const char *path, const char *key, char *ret, size_t n)
{
    scoped_file FILE *f = fopen(path, "re");
    char line[512];

    snprintf(ret, n, "unknown");
    while (f && fgets(line, sizeof(line), f)) {
        const char *value = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) != 0 || !value)
            continue;
        value += strspn(value, ": \t");
        snprintf(ret, n, "%.*s", (int)strcspn(value, "\n"), value);
        return;
    }
}

/* "Debian GNU/Linux 12 (bookworm)", by os-release(5). */
static void system_name(char *ret, size_t n)
{
    static const char key[] = "PRETTY_NAME=\"";
    scoped_file FILE *f = fopen("/etc/os-release", "re");
    char line[256];

    snprintf(ret, n, "Linux");
    while (f && fgets(line, sizeof(line), f)) {
        const char *value = line + strlen(key);
        if (!strncmp(line, key, strlen(key)))
            snprintf(ret, n, "%.*s", (int)strcspn(value, "\"\n"), value);
    }
}

/* Of its section in the document. */
static void heading_of(char *ret, size_t n)
{
    char system[112];

    system_name(system, sizeof(system));
    snprintf(ret, n, "## %s", system);
}

static void today(char *ret, size_t n)
{
    time_t now = time(NULL);
    struct tm tm;

    strftime(ret, n, "%Y-%m-%d", gmtime_r(&now, &tm));
}

static void qemu_version(char *ret, size_t n)
{
    static const char *const argv[] = { "qemu-system-x86_64", "--version", NULL };
    struct outcome o;

    snprintf(ret, n, "not installed");
    if (!process_run(argv, &o, NULL))
        return;
    snprintf(ret, n, "%.*s", o.out.data ? (int)strcspn(o.out.data, "\n") : 0,
             o.out.data ? o.out.data : "");
    outcome_release(&o);
}

static bool write_machine(struct buf *b, const char *accelerator)
{
    double load_after = load_now();
    char model[256], qemu[256], date[32];
    struct utsname name;
    struct sysinfo info;

    proc_value("/proc/cpuinfo", "model name", model, sizeof(model));
    qemu_version(qemu, sizeof(qemu));
    uname(&name);
    sysinfo(&info);
    today(date, sizeof(date));
    return buf_printf(
        b,
        "| the machine | |\n|---|---|\n| CPU | %s |\n| cores | %ld |\n"
        "| RAM | %.1f GiB |\n| kernel | %s |\n| QEMU | %s |\n"
        "| accelerator | %s |\n| load average before and after | %.1f, %.1f |\n"
        "| a core's 10^8 dependent multiplications, before and after | %.0f, %.0f ms |\n"
        "| pyro | %s |\n| measured | %s |\n\n",
        model, sysconf(_SC_NPROCESSORS_ONLN), (double)info.totalram * info.mem_unit / (1 << 30),
        name.release, qemu, accelerator, load_before, load_after, core_before, core_now(),
        PYRO_VERSION, date);
}

/* A bar would end the cell. */
static void peer_cell(const struct bench_row *row, double value, char *ret, size_t n)
{
    char text[32];
    size_t at = 0;

    for (const char *c = row->peer; *c && at + 3 < n; c++) {
        if (*c == '|')
            ret[at++] = '\\';
        ret[at++] = *c;
    }
    snprintf(ret + at, n - at, ": %s %s", number(value, text, sizeof(text)), row->unit);
}

static bool write_row(struct buf *b, struct bench_entry *e)
{
    struct bench_result *r = &e->result;
    char min[32], median[32], max[32], cpu[48] = "", rss[32] = "", peer[160] = "", ratio[32] = "";
    char target[64], value[32];

    target_text(e->row, target, sizeof(target));
    if (e->verdict == BENCH_IMPOSSIBLE || e->verdict == BENCH_FAILED)
        return buf_printf(b, "| %s | %s | | | | | | | | **%s** |\n", e->row->name, target,
                          verdict_text(e->verdict));
    if (r->cpu_ms.count)
        snprintf(cpu, sizeof(cpu), "%s ms",
                 number(samples_median(&r->cpu_ms), value, sizeof(value)));
    if (r->rss_kib)
        snprintf(rss, sizeof(rss), "%.1f MB", (double)r->rss_kib * 1024 / 1e6);
    if (r->peer.count) {
        peer_cell(e->row, samples_median(&r->peer), peer, sizeof(peer));
        number(ratio_of(r), ratio, sizeof(ratio));
    }
    number(samples_min(&r->ours), min, sizeof(min));
    number(samples_median(&r->ours), median, sizeof(median));
    number(samples_max(&r->ours), max, sizeof(max));
    return buf_printf(b, "| %s | %s | %s | **%s** %s | %s | %s | %s | %s | %s | %s%s%s |\n",
                      e->row->name, target, min, median, e->row->unit, max, cpu, rss, peer, ratio,
                      e->verdict == BENCH_MISSED ? "**" : "", verdict_text(e->verdict),
                      e->verdict == BENCH_MISSED ? "**" : "");
}

/* What is remarked of rows; `when`, if not empty, of each. */
static bool write_remarks(struct buf *b, struct bench_entry *entries, unsigned count,
                          const char *when)
{
    bool ok = true;

    for (unsigned i = 0; ok && i < count; i++) {
        const struct bench_entry *e = &entries[i];
        bool without = e->verdict == BENCH_IMPOSSIBLE || e->verdict == BENCH_FAILED;
        if (!without && !e->result.note[0] && !e->result.peer_missing[0] && !*when)
            continue;
        ok = buf_printf(b, "- %s: ", e->row->name);
        if (ok && without)
            ok = buf_printf(b, "%s: %s", verdict_text(e->verdict), e->reason);
        else if (ok)
            ok = buf_printf(b, "%s%s%s%s", e->result.note,
                            e->result.note[0] && e->result.peer_missing[0] ? "; " : "",
                            e->result.peer_missing[0] ? "the peer is missing: " : "",
                            e->result.peer_missing);
        ok = ok &&
             buf_printf(b, "%s%s\n",
                        *when && (without || e->result.note[0] || e->result.peer_missing[0]) ? "; "
                                                                                             : "",
                        when);
    }
    return ok;
}

/* "## SYSTEM", the machine, the table, the remarks. */
static bool write_section(struct buf *b, struct bench_entry *entries, unsigned count,
                          const char *accelerator)
{
    scoped_buf remarks = BUF_INIT(DOCUMENT_BYTES_MAX);
    char heading[128];
    bool ok;

    heading_of(heading, sizeof(heading));
    ok = buf_printf(b, "%s\n\n", heading) && write_machine(b, accelerator) &&
         buf_append_str(b, "| what | target | min | median | max | CPU | RSS | peer | ratio "
                           "| |\n|---|---|---:|---:|---:|---:|---:|---|---:|---|\n");
    for (unsigned i = 0; ok && i < count; i++)
        ok = write_row(b, &entries[i]);
    return ok && write_remarks(&remarks, entries, count, "") &&
           (!remarks.len ||
            (buf_append_str(b, "\nRemarks:\n\n") && buf_append_str(b, remarks.data)));
}

/* The same section with these rows as well, which say when they were measured. */
static bool extend_section(struct buf *b, const char *document, struct bench_entry *entries,
                           unsigned count)
{
    scoped_buf rows = BUF_INIT(DOCUMENT_BYTES_MAX), remarks = BUF_INIT(DOCUMENT_BYTES_MAX);
    char heading[128], date[32], when[160];
    bool ok = true;

    today(date, sizeof(date));
    snprintf(when, sizeof(when), "measured %s; a core's multiplications: %.0f and %.0f ms", date,
             core_before, core_now());
    for (unsigned i = 0; ok && i < count; i++)
        ok = write_row(&rows, &entries[i]);
    heading_of(heading, sizeof(heading));
    return ok && write_remarks(&remarks, entries, count, when) && rows.len &&
           sections_extend(document, heading, rows.data, remarks.len ? remarks.data : "", b);
}

static const char head[] =
    "# Benchmarks\n\n"
    "Written by `make bench`, as measured, misses included. Whole processes, from before their\n"
    "start until they are reaped; a row and its peer are measured alternately, in the same run.\n"
    "\"CPU\" is the median user and system time of the measured process alone, \"RSS\" its peak;\n"
    "targets are for the median. A run replaces the section of its own system and leaves the\n"
    "others alone; `make bench MISSING=1` adds the rows that it does not have, and says when.\n"
    "Hosts, and hours on one, differ by more than two: a ratio is the figure that counts.\n\n";

bool report_has(const char *path, const char *name)
{
    scoped_buf document = BUF_INIT(DOCUMENT_BYTES_MAX);
    char heading[128];

    heading_of(heading, sizeof(heading));
    return fs_read_file(AT_FDCWD, path, &document, NULL) && document.len &&
           sections_has(document.data, heading, name);
}

bool report_write(const char *path, struct bench_entry *entries, unsigned count, bool missing,
                  const char *accelerator, struct pyro_error *err)
{
    char heading[128];
    scoped_buf old = BUF_INIT(DOCUMENT_BYTES_MAX), own = BUF_INIT(DOCUMENT_BYTES_MAX);
    scoped_buf sections = BUF_INIT(DOCUMENT_BYTES_MAX), b = BUF_INIT(DOCUMENT_BYTES_MAX);

    if (access(path, F_OK) == 0 && !fs_read_file(AT_FDCWD, path, &old, err))
        return false;
    heading_of(heading, sizeof(heading));
    missing = missing && old.len && sections_has(old.data, heading, NULL);
    if (!(missing ? extend_section(&own, old.data, entries, count)
                  : write_section(&own, entries, count, accelerator)) ||
        !sections_replace(old.len ? old.data : "", own.data, &sections) ||
        !buf_append_str(&b, head) || !sections_compare(sections.data, &b) ||
        !buf_append(&b, sections.data, sections.len))
        return pyro_fail(err, PYRO_NO_MEMORY, "the document is too large");
    return fs_replace(AT_FDCWD, path, b.data, b.len, 0644, err);
}
