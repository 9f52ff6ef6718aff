/*
 * Operations on workspaces: the one engine behind the CLI, the terminal UI and the MCP server.
 *
 * Every function takes a reference (exact id, exact name, or a prefix of the id of at least 4
 * characters), may block, starts or re-adopts the supervisor when needed, and returns a new JSON
 * object of the shape that docs/commands.md declares, or NULL with err set.
 */
#ifndef PYRO_WORKSPACE_H
#define PYRO_WORKSPACE_H

#include "engine/helper/progress.h"
#include "engine/secret/secrets.h"
#include "engine/state/network_policy.h"
#include "vmm/base/command_request.h"
#include "vmm/base/json.h"

struct workspace_spec {
    const char *environment;
    const char *name; /* NULL: none */
    json_t *labels;   /* object of strings, borrowed; NULL: none */
    json_t *env;      /* {NAME: value} of all that is started in it, borrowed; NULL: none */
    int64_t vcpu_count, mem_mib;
    int64_t ttl_seconds;        /* 0: never */
    int64_t suspend_after_idle; /* seconds; 0: never */
    const char *seed_path;      /* NULL: /workspace begins empty; `run` has none */
    enum network_policy network_policy;
    const struct secrets *secrets; /* borrowed; NULL: none */
    bool allow_host_compat;        /* if no VM is possible, run on the host */
    const char *entrypoint;        /* of `run`, in place of the image's; NULL: that */
    bool keeps_disk;               /* of one that ends with its holder: its disk does not */
    bool without_spares; /* it neither takes one nor wishes for one; as one that is held */
    bool own_template;   /* it waits until its environment's own template is built */
    bool held;           /* workspace_hold() follows: it is stopped with this process */
};

/* Pulls the environment if it is missing, starts a VM, returns the workspace object. Nothing is
 * left behind when it fails. */
json_t *workspace_create(const struct workspace_spec *spec, const struct progress *progress,
                         struct pyro_error *err) MUST_CHECK;
/* {count, workspaces}, most recent activity first; a broken record is listed as failed, with the
 * reason. `brief`: of each only what a table shows, ten times as fast (record_to_list_view()). */
json_t *workspace_list(bool brief, struct pyro_error *err) MUST_CHECK;
json_t *workspace_status(const char *ref, struct pyro_error *err) MUST_CHECK;
/* Boots a stopped or failed workspace; a running one is returned as it is. */
json_t *workspace_start(const char *ref, const struct progress *progress,
                        struct pyro_error *err) MUST_CHECK;
/* Shuts the guest down; a stopped one is returned as it is. */
json_t *workspace_stop(const char *ref, struct pyro_error *err) MUST_CHECK;
/* Writes the machine's memory to its directory and ends it: the next start lets it go on.
 * PYRO_WORKSPACE_STATE when a command runs in it, or it does not run; one that is suspended is left as
 * it is. */
json_t *workspace_suspend(const char *ref, struct pyro_error *err) MUST_CHECK;
/* Ends the VM and removes the workspace and all its data: {workspace_id, deleted}. */
json_t *workspace_delete(const char *ref, struct pyro_error *err) MUST_CHECK;

struct workspace_change {
    const char *name; /* NULL: as it is */
    bool clear_name;
    json_t *labels;              /* object of strings to set, borrowed; NULL: none */
    json_t *clear_labels;        /* array of keys, borrowed; NULL: none */
    json_t *acknowledge;         /* array of sources (news.h), borrowed; NULL: none */
    int64_t suspend_after_idle;  /* seconds, 0: never; -1: as it is */
    int64_t vcpu_count, mem_mib; /* 0: as it is */
};
/* PYRO_WORKSPACE_STATE when the size of one that runs is to change. */
json_t *workspace_update(const char *ref, const struct workspace_change *change,
                         struct pyro_error *err) MUST_CHECK;

struct workspace_exec_spec {
    struct command_request request;  /* borrowed; cwd of workspace_cwd(), NULL: /workspace */
    const char *stop_signal;         /* what SIGTERM becomes (signals.h); NULL: TERM */
    int stdin_fd;                    /* -1: the command reads end-of-file */
    int stdout_fd, stderr_fd;        /* where output goes as it arrives; -1: nowhere */
    const struct progress *progress; /* for notes while it runs; may be NULL */
    /* Takes what comes on either, too; NULL: nobody does. */
    void (*log)(void *arg, const void *bytes, size_t n);
    void *log_arg;
};
/*
 * Runs a command and waits for it; SIGINT, SIGTERM and SIGHUP of this process are passed on to it
 * meanwhile (the third SIGINT kills it). The result holds the first MiB of each output. A write
 * error on stdout_fd or stderr_fd ends the command. After max_wait_ms of the request the result is
 * that it runs, what it printed so far, and the cursor that command_output() goes on from.
 */
json_t *workspace_exec(const char *ref, const struct workspace_exec_spec *spec,
                       struct pyro_error *err) MUST_CHECK;

/* Called as a run progresses: phase "create", "start" and "execute"; vm_id is NULL in the first. */
typedef void workspace_run_phase_fn(void *arg, const char *phase, const char *vm_id);
/* One command in its own VM, which is removed afterwards, whatever happens to this process: `run`'s
 * object. */
json_t *workspace_run(const struct workspace_spec *spec, const struct workspace_exec_spec *exec,
                      const struct progress *progress, workspace_run_phase_fn *phase, void *arg,
                      struct pyro_error *err) MUST_CHECK;

/* Starts a machine from an environment and ends it again; false says why it did not start. */
bool workspace_try(const char *environment, const struct progress *progress,
                   struct pyro_error *err) MUST_CHECK;

/*
 * Makes an environment of a workspace's disk as it is now; the machine goes on. {environment,
 * workspace_id, left_out: [path, …], layers, freeze_ms, commit_ms, digest_ms}. There is no environment
 * when it fails. PYRO_NAME_TAKEN, PYRO_WORKSPACE_STATE without a disk, PYRO_NO_SPACE.
 */
json_t *workspace_commit(const char *ref, const char *name, const struct progress *progress,
                         struct pyro_error *err) MUST_CHECK;

struct workspace_build_spec {
    const char *name;              /* of the environment */
    struct workspace_spec machine; /* that the command runs in */
    struct workspace_exec_spec exec;
    const char *script; /* what the script in exec.stdin_fd is called; NULL: there is none */
};
/*
 * Runs a command in a machine of its own, and makes an environment of what it leaves, if it succeeds.
 * A script is put into the machine by `sh`, `cat` and `chmod`, and the command's words are its
 * arguments. {environment, from, built, log, command, …}: with built false the command failed, and its
 * output is in the file `log`. However it ends, or is killed, machine and workspace are removed.
 * PYRO_NAME_TAKEN before anything runs.
 */
json_t *workspace_build(const struct workspace_build_spec *spec, const struct progress *progress,
                        struct pyro_error *err) MUST_CHECK;

/* Adds to environments, each as env inspect shows it, `used_by`: the names (ids, where there are
 * none) of the workspaces whose disks are based on them. */
bool workspace_add_users(json_t *environments, struct pyro_error *err) MUST_CHECK;
/* The paths of the base images of workspaces' disks, an array: `env prune` must keep them. */
json_t *workspace_used_environments(struct pyro_error *err) MUST_CHECK;

#endif
