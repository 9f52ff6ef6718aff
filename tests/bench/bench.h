/*
 * Measuring pyro: a table of rows, each a function that takes samples of the real program and,
 * where there is one, of a peer that does the same job, the two taken in turns so that a busy
 * machine slows both. Whole processes are measured, from before they are started until they are
 * reaped.
 *
 * A row's figure never decides success; only a row that could not do its work fails the run. A row
 * that this machine cannot prepare (a peer or a right is missing) says so in its place.
 */
#ifndef PYRO_BENCH_H
#define PYRO_BENCH_H

#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/buf.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

#define BENCH_SAMPLES_MAX 64
#define BENCH_ENVIRONMENT "debian:12"

struct samples {
    double value[BENCH_SAMPLES_MAX];
    unsigned count;
};

/* Values beyond BENCH_SAMPLES_MAX are dropped. */
void samples_add(struct samples *s, double value);
/* Of at least one value. Sorts. */
double samples_median(struct samples *s);
double samples_min(struct samples *s);
double samples_max(struct samples *s);

struct bench_result {
    struct samples ours, peer; /* in the row's unit */
    struct samples cpu_ms;     /* user and system time of the measured process; may be empty */
    long rss_kib;              /* the largest maximum RSS of the measured process; 0: not known */
    char note[200];            /* what a reader must know beside the figures; may be "" */
    char peer_missing[200];    /* why the peer has no samples; "" when it has, or there is none */
};

enum bench_sense { AT_MOST, AT_LEAST };

struct bench_row {
    const char *name;
    const char *unit;
    double target; /* of the median; 0: shown for comparison only */
    enum bench_sense sense;
    const char *peer;  /* what the peer does; NULL: none */
    double peer_ratio; /* our median over the peer's, by the same sense; 0: no target */
    /* PYRO_DEPENDENCY_MISSING says that the row is not possible here; any other error that
     * something does not work. */
    bool (*measure)(struct bench_result *ret, struct pyro_error *err);
};

/* The rows of each area, ended by one without a name. */
extern const struct bench_row bench_start_rows[], bench_work_rows[], bench_image_rows[],
    bench_term_rows[], bench_shell_rows[], bench_file_rows[], bench_disk_rows[], bench_tree_rows[],
    bench_tui_rows[], bench_secret_rows[], bench_port_rows[], bench_network_rows[],
    bench_wall_rows[], bench_door_rows[], bench_asks_rows[], bench_timeline_rows[],
    bench_scale_rows[], bench_list_rows[], bench_environment_rows[], bench_fork_rows[],
    bench_memory_rows[];

/* --- processes (process.c) --- */

struct process {
    pid_t pid;
    int out_fd; /* its standard output */
    int64_t started_ns;
};

/* What one process took, from before its start until it was reaped. */
struct outcome {
    double wall_ms, cpu_ms;
    long rss_kib;
    uint64_t out_bytes;
    struct buf out; /* the first 256 KiB of its standard output */
};

int64_t bench_now_ns(void);
/* Starts argv (argv[0] from PATH), standard input at its end, standard error in a file. */
bool process_start(const char *const *argv, struct process *ret, struct pyro_error *err) MUST_CHECK;
/* Reads its output to the end and reaps it. A status other than 0 is an error that quotes the last
 * line of standard error. Release *ret with outcome_release() on success. */
bool process_finish(struct process *p, const char *name, struct outcome *ret,
                    struct pyro_error *err) MUST_CHECK;
bool process_run(const char *const *argv, struct outcome *ret, struct pyro_error *err) MUST_CHECK;
void outcome_release(struct outcome *o);
/* Runs it, and forgets what it took. */
bool process_quietly(const char *const *argv, struct pyro_error *err) MUST_CHECK;
/* Runs it and adds wall time, CPU time and RSS to the result. */
bool process_sample(const char *const *argv, struct bench_result *ret,
                    struct pyro_error *err) MUST_CHECK;
/* The same of the peer: wall time only. */
bool process_sample_peer(const char *const *argv, struct bench_result *ret,
                         struct pyro_error *err) MUST_CHECK;
/* The largest RSS of a run of argv, however much the bench itself has held; its output is dropped.
 */
bool process_rss_kib(const char *const *argv, long *ret, struct pyro_error *err) MUST_CHECK;
/* Whether PATH has the program. */
bool program_exists(const char *name);

/* --- what rows are based on (bench.c) --- */

/* build/pyro and its kin, absolute. */
const char *bench_pyro(void);
const char *bench_program(const char *name);
/* A path below the bench's own directory; the caller frees. */
char *bench_path(const char *name);

#define BENCH_ID_BYTES 80
/* A workspace, as a user makes one; `ret_id` has BENCH_ID_BYTES. */
bool bench_create(char *ret_id, struct pyro_error *err) MUST_CHECK;
/* One that runs on this host, without a VM. */
bool bench_create_host(char *ret_id, struct pyro_error *err) MUST_CHECK;
/* Its programs write so much of its memory. */
bool bench_fill_memory(const char *id, unsigned mib, struct pyro_error *err) MUST_CHECK;
bool bench_delete(const char *id, struct pyro_error *err) MUST_CHECK;
/* Deletes every workspace of the bench's own home; what was killed is swept as well. */
bool bench_delete_all(struct pyro_error *err) MUST_CHECK;
/* All but this one. */
bool bench_delete_others(const char *id, struct pyro_error *err) MUST_CHECK;
/* Another workspace, from the start of its create to the first command's answer, as a peer's sample. */
bool bench_sample_create(struct bench_result *ret, struct pyro_error *err) MUST_CHECK;

/* --- what running processes cost (usage.c) --- */

#define PIDS_MAX 512
struct pid_set {
    pid_t pid[PIDS_MAX];
    unsigned count;
};

/* The supervisors of these workspaces and all that descends from them. */
void pids_of_workspaces(char ids[][BENCH_ID_BYTES], unsigned count, struct pid_set *ret);
/* A process and all that descends from it. */
void pids_below(pid_t pid, struct pid_set *ret);
/* Nanoseconds on a CPU, of all their threads. */
double pids_cpu_ns(const struct pid_set *set);
/* Their share of the memory, added up. */
bool pids_pss_mb(const struct pid_set *set, double *ret, struct pyro_error *err) MUST_CHECK;
/* What of that is files in memory: a template's, of which machines map what they have not changed. */
bool pids_shared_memory_mb(const struct pid_set *set, double *ret,
                           struct pyro_error *err) MUST_CHECK;

/* --- reporting (report.c) --- */

enum bench_verdict { BENCH_MET, BENCH_MISSED, BENCH_SHOWN, BENCH_IMPOSSIBLE, BENCH_FAILED };

struct bench_entry {
    const struct bench_row *row;
    struct bench_result result;
    enum bench_verdict verdict;
    char reason[640]; /* of BENCH_IMPOSSIBLE and BENCH_FAILED */
};

enum bench_verdict bench_judge(const struct bench_row *row, struct bench_result *result);
void report_header(void);
/* One line on standard output. */
void report_line(const struct bench_entry *entry);
/* Replaces the section of this system in the document: the machine, the table, what was missed; with
 * `missing`, adds rows to it. */
bool report_write(const char *path, struct bench_entry *entries, unsigned count, bool missing,
                  const char *accelerator, struct pyro_error *err) MUST_CHECK;
/* Whether the document at `path` has a row of this name for this system. */
bool report_has(const char *path, const char *name);

#endif
