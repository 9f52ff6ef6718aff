/* engine/workspace/spares.c: making spares, and showing them. */
#include "engine/workspace/spares.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/client/connect.h"
#include "engine/state/spare_wish.h"
#include "engine/workspace/create.h"
#include "engine/workspace/usage.h"
#include "vmm/base/fs.h"
#include "vmm/base/idle.h"
#include "vmm/base/proc.h"
#include "vmm/base/rows.h"
#include "vmm/base/shortage.h"
#include "vmm/ram.h"

#define MAKER_LOCK ".spares"
#define LOOK_MS 250
#define IDLE_WAIT_MS 10000
#define END_MS 10000
#define KIB 1024

/* ---- what there are ---- */

const struct row_spec spare_list_rows[] = {
    RES_STR("workspace_id", .help = "The id of the workspace that claims it"),
    RES_STR("environment"),
    RES_INT("vcpu_count"),
    RES_INT("mem_mib"),
    RES_STR("network_policy"),
    RES_NUM("created_at"),
    RES_INT("pss_bytes", .help = "Of its QEMU, its share of what others have too"),
    RES_INT("template_bytes", .help = "Of the memory that copies of its template share"),
    ROW_END,
};

static uint64_t pss_bytes(pid_t pid)
{
    char text[4096];
    const char *at =
        proc_read_file(pid, "smaps_rollup", text, sizeof(text)) ? strstr(text, "\nPss:") : NULL;

    return at ? strtoull(at + strlen("\nPss:"), NULL, 10) * KIB : 0;
}

struct supervisor_search {
    const char *id;
    pid_t found;
};

static void spares_is_supervisor(void *arg, const char *id, struct usage_process supervisor)
{
    struct supervisor_search *search = arg;

    if (!strcmp(id, search->id))
        search->found = supervisor.pid;
}

/* The template's memory is held by the supervisor. */
static uint64_t template_bytes(const char *id)
{
    struct supervisor_search search = { .id = id };
    scoped_close int fd = -1;
    struct stat st;

    usage_each_supervisor(spares_is_supervisor, &search);
    fd = search.found ? ram_hold_from(search.found) : -1;
    return fd >= 0 && fstat(fd, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

struct shown {
    const struct store *store;
    json_t *list;
};

/* Whether it waits: one that is being made does not listen yet. */
static bool is_ready(const struct store *store, const char *id)
{
    scoped_close int dir_fd = store_open_workspace(store, id, NULL);

    return dir_fd >= 0 && faccessat(dir_fd, SUPERVISOR_SOCKET, F_OK, 0) == 0;
}

static void spares_show(void *arg, const struct workspace_record *r)
{
    struct shown *shown = arg;

    if (!r->spare || !is_ready(shown->store, r->id))
        return;
    json_array_append_new(
        shown->list,
        json_pack("{s:s, s:s?, s:I, s:I, s:s, s:f, s:I, s:I}", "workspace_id", r->id, "environment",
                  r->environment, "vcpu_count", (json_int_t)r->vcpu_count, "mem_mib",
                  (json_int_t)r->mem_mib, "network_policy", network_policy_names[r->network_policy],
                  "created_at", r->created_at, "pss_bytes", (json_int_t)pss_bytes(r->vm_pid),
                  "template_bytes", (json_int_t)template_bytes(r->id)));
}

json_t *spares_list(struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    struct shown shown = { .store = &store, .list = json_array() };

    if (store_open(&store, err) &&
        store_each(&store, STORE_SPARES | STORE_SWEEP, spares_show, &shown, err))
        return shown.list;
    json_decref(shown.list);
    return NULL;
}

/* ---- making one ---- */

struct present {
    const struct spare_wish *wish;
    const char *environment_digest;
    size_t count;
    bool same;
    char outdated[WORKSPACE_ID_LENGTH + 1], oldest[WORKSPACE_ID_LENGTH + 1];
    double oldest_at;
};

static void spares_count(void *arg, const struct workspace_record *r)
{
    struct present *p = arg;
    struct spare_wish own = { .vcpu_count = r->vcpu_count,
                              .mem_mib = r->mem_mib,
                              .network = r->network_policy != NETWORK_OFF };

    if (!r->spare)
        return;
    p->count++;
    if (!*p->oldest || r->created_at < p->oldest_at) {
        memcpy(p->oldest, r->id, sizeof(p->oldest));
        p->oldest_at = r->created_at;
    }
    snprintf(own.environment, sizeof(own.environment), "%s", r->environment ? r->environment : "");
    if (!spare_wish_equal(&own, p->wish))
        return;
    if (r->environment_digest && !strcmp(r->environment_digest, p->environment_digest))
        p->same = true;
    else
        memcpy(p->outdated, r->id, sizeof(p->outdated));
}

static void end_spare(const char *id)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_json json_t *request = json_pack("{s:s, s:b}", "op", "stop", "force", true);
    scoped_json json_t *ended = NULL;

    if (workspace_open_made(id, &w, NULL))
        ended = supervisor_call(&w, MACHINE_AS_IT_IS, request, clock_ms() + END_MS, NULL);
}

/* Whether one is to be made; makes room for it. */
static bool is_missing(const struct spare_wish *wish, int64_t allowed, const struct store *store)
{
    struct environment e = { 0 };
    struct present p = { .wish = wish };
    bool ok = environment_open(wish->environment, &e, NULL);

    p.environment_digest = e.digest;
    ok = ok && store_each(store, STORE_SPARES | STORE_SWEEP, spares_count, &p, NULL) && !p.same;
    environment_release(&e);
    if (ok && *p.outdated)
        end_spare(p.outdated);
    else if (ok && (int64_t)p.count >= allowed)
        end_spare(p.oldest);
    return ok;
}

static uint64_t idle_ticks(void)
{
    char text[512];
    unsigned long long idle, waiting;
    scoped_close int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    return sscanf(text, "cpu %*u %*u %*u %llu %llu", &idle, &waiting) == 2 ? idle + waiting : 0;
}

/* Until half a processor had nothing to do for a moment, or not for long. */
static void wait_for_idle(void)
{
    const struct timespec rest = { .tv_nsec = LOOK_MS * 1000000L };
    uint64_t wanted = (uint64_t)sysconf(_SC_CLK_TCK) * LOOK_MS / 2000, last;
    int64_t deadline_ms = clock_ms() + IDLE_WAIT_MS;

    do {
        last = idle_ticks();
        nanosleep(&rest, NULL);
    } while (idle_ticks() - last < wanted && clock_ms() < deadline_ms);
}

static bool make(const struct spare_wish *wish, pid_t keeper, struct pyro_error *err)
{
    const struct workspace_spec spec = { .environment = wish->environment,
                                         .vcpu_count = wish->vcpu_count,
                                         .mem_mib = wish->mem_mib,
                                         .network_policy =
                                             wish->network ? NETWORK_EGRESS : NETWORK_OFF };
    int64_t allowed = spares_allowed(keeper != 0);
    scoped_store struct store store = { .fd = -1 };
    scoped_close int lock = -1;

    if (!store_open(&store, err) || (lock = fs_lock(store.fd, MAKER_LOCK, FS_LOCK_NOW, err)) < 0)
        return false;
    if (!getenv("PYRO_CHECK_SPARES")) /* of tests, which have no idle host */
        wait_for_idle();
    if (allowed <= 0 || memory_is_short() || !is_missing(wish, allowed, &store))
        return true;
    if (!getenv("PYRO_CHECK_SPARES"))
        (void)!idle_enter();
    return workspace_make_spare(&spec, keeper, err);
}

int spare_main(int argc, char **argv)
{
    struct spare_wish wish = { 0 };
    struct pyro_error err = { 0 };

    if (argc != 6)
        return 2;
    snprintf(wish.environment, sizeof(wish.environment), "%s", argv[1]);
    wish.vcpu_count = strtol(argv[2], NULL, 10);
    wish.mem_mib = strtol(argv[3], NULL, 10);
    wish.network = !strcmp(argv[4], "on");
    if (make(&wish, (pid_t)strtol(argv[5], NULL, 10), &err))
        return 0;
    fprintf(stderr, "pyro: %s\n", err.message);
    return 1;
}
