/*
 * tests/bench/bench.c: `make bench`. Runs every row, prints it, writes docs/benchmarks.md.
 *
 *   bench [PATTERN]   only rows whose name holds PATTERN (the document is then left alone)
 *
 *   PYRO_BIN_DIR      where pyro and pyro-image are (build)
 *   PYRO_TEST_CACHE   where environments, kernels and templates stay between runs, shared with the
 *                     tests
 *
 * Workspaces are made in build/bench, and are deleted at the end.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define ROWS_MAX 160
#define MISSING "--missing"
#define DOCUMENT "docs/benchmarks.md"

static char *root_dir, *bin_dir, *program_dir;

const char *bench_pyro(void)
{
    static char *path;

    if (!path)
        path = str_printf("%s/pyro", bin_dir);
    return path;
}

const char *bench_program(const char *name)
{
    static char *path;

    free(path);
    path = str_printf("%s/%s", !strcmp(name, "pyro-image") ? bin_dir : program_dir, name);
    return path;
}

char *bench_path(const char *name)
{
    return str_printf("%s/build/bench/%s", root_dir, name);
}

/* argv prints the id. */
static bool create(const char *const *argv, char *ret_id, struct pyro_error *err)
{
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    snprintf(ret_id, BENCH_ID_BYTES, "%.*s", o.out.data ? (int)strcspn(o.out.data, "\n") : 0,
             o.out.data ? o.out.data : "");
    outcome_release(&o);
    return ret_id[0] || pyro_fail(err, PYRO_INTERNAL, "'workspace create' printed no id");
}

bool bench_create(char *ret_id, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(),      "workspace", "create",
                                 BENCH_ENVIRONMENT, "--id-only", NULL };

    return create(argv, ret_id, err);
}

bool bench_fill_memory(const char *id, unsigned mib, struct pyro_error *err)
{
    scoped_free char *script =
        str_printf("mount -t tmpfs none /mnt && head -c %uM /dev/zero | tr '\\0' x >/mnt/x", mib);
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--timeout-seconds",
                                 "0",          id,          "--",   "sh",
                                 "-c",         script,      NULL };

    return process_quietly(argv, err);
}

bool bench_create_host(char *ret_id, struct pyro_error *err)
{
    /* Host compatibility is what is left where there is no QEMU. */
    const char *const argv[] = {
        "env",    "PYRO_QEMU=/nothing/such", bench_pyro(),          "workspace",
        "create", BENCH_ENVIRONMENT,         "--allow-host-compat", "--id-only",
        NULL
    };

    return create(argv, ret_id, err);
}

bool bench_delete(const char *id, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "delete", id, NULL };
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    outcome_release(&o);
    return true;
}

bool bench_delete_all(struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "list", "--json", NULL };
    struct outcome o;
    json_t *list;
    size_t i;
    json_t *w;
    bool ok = true;

    if (!process_run(argv, &o, err))
        return false;
    list = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    if (!list)
        return false;
    json_array_foreach (json_object_get(list, "workspaces"), i, w)
        if (ok)
            ok = bench_delete(json_string_or(w, "workspace_id", ""), err);
    json_decref(list);
    return ok;
}

/* --- the run --- */

/* Takes the value. */
static void set_env(const char *name, char *value, bool overwrite)
{
    setenv(name, value, overwrite);
    free(value);
}

bool bench_delete_others(const char *id, struct pyro_error *err)
{
    const char *const argv[] = { "sh",
                                 "-c",
                                 "for w in $(\"$1\" workspace list | "
                                 "awk 'length($1) == 12 {print $1}'); do "
                                 "[ \"$w\" = \"$2\" ] || \"$1\" workspace delete \"$w\"; done",
                                 "sh",
                                 bench_pyro(),
                                 id,
                                 NULL };

    return process_quietly(argv, err);
}

bool bench_sample_create(struct bench_result *ret, struct pyro_error *err)
{
    const char *const create[] = {
        "sh",
        "-c",
        "\"$1\" workspace exec $(\"$1\" workspace create \"$2\" --id-only) -- true",
        "sh",
        bench_pyro(),
        BENCH_ENVIRONMENT,
        NULL
    };

    return process_sample_peer(create, ret, err);
}

static bool enter(const char *argv0, struct pyro_error *err)
{
    const char *slash = strrchr(argv0, '/');

    root_dir = realpath(".", NULL);
    bin_dir = realpath(getenv("PYRO_BIN_DIR") ? getenv("PYRO_BIN_DIR") : "build", NULL);
    program_dir = str_printf("%.*s", slash ? (int)(slash - argv0) : 1, slash ? argv0 : ".");
    if (!root_dir || !bin_dir)
        return pyro_fail_errno(err, "find the build");
    set_env("XDG_DATA_HOME", bench_path("data"), true);
    set_env("PYRO_TEST_CACHE", str_printf("%s/build/test-cache", root_dir), false);
    set_env("XDG_CACHE_HOME", str_printf("%s", getenv("PYRO_TEST_CACHE")), true);
    unsetenv("PYRO_HOME");
    setenv("PYRO_SPARES", "0", 1);            /* of the rows about them: as they say */
    setenv("PYRO_CHECK_TEMPLATES", "now", 1); /* the same */
    unsetenv("PYRO_ENVIRONMENT_CACHE_DIR");
    unsetenv("PYRO_REQUIRE_KVM");
    signal(SIGPIPE, SIG_IGN);
    return fs_mkdir_p(getenv("XDG_DATA_HOME"), 0700, err) &&
           fs_mkdir_p(getenv("XDG_CACHE_HOME"), 0700, err);
}

/* Installs the environment, builds the templates, and finds out what the VMs run on. */
static bool prepare(char *ret_accelerator, size_t n, struct pyro_error *err)
{
    const char *const pull[] = { bench_pyro(), "env", "pull", BENCH_ENVIRONMENT, NULL };
    const char *const run[] = {
        bench_pyro(), "run", "--json", BENCH_ENVIRONMENT, "--", "true", NULL
    };
    struct outcome o;
    json_t *result;

    if (!bench_delete_all(err) || !process_run(pull, &o, err))
        return false;
    outcome_release(&o);
    if (!process_run(run, &o, err))
        return false;
    result = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    if (!result)
        return false;
    snprintf(ret_accelerator, n, "%s", json_string_or(result, "accelerator", "unknown"));
    json_decref(result);
    return true;
}

static void run_row(struct bench_entry *e)
{
    struct pyro_error err = { 0 };

    if (e->row->measure(&e->result, &err) && e->result.ours.count > 0)
        e->verdict = bench_judge(e->row, &e->result);
    else
        e->verdict = err.code == PYRO_DEPENDENCY_MISSING ? BENCH_IMPOSSIBLE : BENCH_FAILED;
    snprintf(e->reason, sizeof(e->reason), "%s", err.message);
    report_line(e);
}

/* NULL: all; MISSING: those that the document lacks; else those whose name holds it. */
static bool is_chosen(const char *what, const struct bench_row *row)
{
    if (what && !strcmp(what, MISSING))
        return !report_has(DOCUMENT, row->name);
    return !what || strstr(row->name, what);
}

static unsigned choose_rows(const char *what, struct bench_entry *entries)
{
    const struct bench_row *const areas[] = {
        bench_start_rows, bench_work_rows,   bench_image_rows,       bench_shell_rows,
        bench_file_rows,  bench_disk_rows,   bench_tree_rows,        bench_term_rows,
        bench_tui_rows,   bench_secret_rows, bench_port_rows,        bench_network_rows,
        bench_wall_rows,  bench_door_rows,   bench_asks_rows,        bench_timeline_rows,
        bench_scale_rows, bench_list_rows,   bench_environment_rows, bench_fork_rows,
        bench_memory_rows
    };
    unsigned count = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(areas); i++)
        for (const struct bench_row *row = areas[i]; row->name; row++)
            if (is_chosen(what, row)) {
                BUG_ON(count == ROWS_MAX);
                entries[count++].row = row;
            }
    return count;
}

static int fail(const struct pyro_error *err)
{
    fprintf(stderr, "bench: %s\n", err->message);
    return 1;
}

int main(int argc, char **argv)
{
    static struct bench_entry entries[ROWS_MAX];
    char accelerator[32] = "unknown";
    struct pyro_error err = { 0 };
    unsigned count, missed = 0, failed = 0;
    bool missing = argc > 1 && !strcmp(argv[1], MISSING), written = argc == 1 || missing;

    if (!enter(argv[0], &err))
        return fail(&err);
    count = choose_rows(argc > 1 ? argv[1] : NULL, entries);
    if (!prepare(accelerator, sizeof(accelerator), &err)) {
        fprintf(stderr, "bench: %s: rows that need a VM will fail\n", err.message);
        failed++;
    }
    report_header();
    for (unsigned i = 0; i < count; i++) {
        run_row(&entries[i]);
        missed += entries[i].verdict == BENCH_MISSED;
        failed += entries[i].verdict == BENCH_FAILED;
    }
    if (!bench_delete_all(&err)) {
        fprintf(stderr, "bench: workspaces are left behind: %s\n", err.message);
        failed++;
    }
    if (written && count && !report_write(DOCUMENT, entries, count, missing, accelerator, &err))
        return fail(&err);
    printf("%u rows, %u missed, %u failed%s\n", count, missed, failed,
           written && count ? "; written to " DOCUMENT : "");
    return failed ? 1 : 0;
}
