/*
 * The inside of the supervisor: one process, one loop, one workspace.
 *
 *   supervise.c      its main: start, adopt, the states it goes through, its end
 *   parts.c          the table of its parts
 *   supervisor.c     what the parts ask of it
 *   machine.c        getting a guest to talk to: a copy of a template, an adopted QEMU, or a plain
 *                    child on the host
 *   clients.c        connections of other pyro processes
 *   workspace_ops.c  requests about the workspace as a whole
 *   memory_ops.c     captures of the machine with its memory
 *   suspend.c        a machine that ends to go on later
 *   services.c       commands that keep running
 *   network.c        guard and passt, which carry a machine's frames
 *   resolver.c       the guest's DNS questions
 *   shells.c         PTYs (shell.c): their output into logs (shell_log.c), input
 *   shell_ops.c      clients' requests about shells
 *   exec.c           one running command: client on one side, guest on the other
 *   guest_watch.c    whether the guest answers while somebody waits
 *   history.c        commands that ended, until they are written down
 *   template_behind.c  the template that a first start did not wait for
 *   idleness.c       suspending one that nobody needs
 *   expiry.c         stopping one whose time to live is over
 *   ending.c         why one has ended
 *   spare.c          a machine that waits, paused, for whoever claims it
 *
 * It is the only writer of the workspace's record while it runs. It may be killed at any instant:
 * QEMU lives on, and the record and the command entries are always true or repaired by the next
 * supervisor.
 */
#ifndef PYRO_SUPERVISOR_H
#define PYRO_SUPERVISOR_H

#include "engine/state/commands.h"
#include "engine/state/news.h"
#include "engine/state/record.h"
#include "engine/state/supervise_start.h"
#include "engine/state/tally.h"
#include "engine/state/timeline.h"
#include "vmm/base/link.h"
#include "vmm/base/loop.h"
#include "vmm/base/redact.h"
#include "vmm/console.h"
#include "vmm/vm.h"

enum phase {
    PHASE_STARTING, /* no client is served yet */
    PHASE_SPARE,    /* it is paused, and only a claim is served; then it is STARTING again */
    PHASE_RUNNING,
    PHASE_STOPPING, /* the guest was asked to shut down, or is being killed */
    PHASE_ENDED     /* the VM is gone and the record says so */
};

struct client;
struct connection;
struct disk_holder;
struct disk_merge;
struct disk_op;
struct exec;
struct guest_watch;
struct idleness;
struct memory_op;
struct network;
struct relay;
struct resolver;
struct service;
struct shell;
struct shell_doing;
struct spare;
struct unwritten;
struct waiter;

struct supervisor;
typedef bool supervisor_op_fn(struct supervisor *s, struct link *client, uint32_t id,
                              const json_t *request, struct pyro_error *err);

/* A request of clients, {"op": NAME, …}; answered at once or later, or by its caller with the error
 * when it returns false. */
struct supervisor_op {
    const char *name;
    supervisor_op_fn *run;
};

/* A part of the supervisor: one kind of thing that it does with the machine. Any of its functions
 * may be NULL. */
struct supervisor_part {
    const char *name;
    const struct supervisor_op *ops; /* the last has no name; NULL: none */
    /* The machine runs. Its guest may not answer yet. */
    void (*start)(struct supervisor *s);
    /* What ran in an earlier machine ended with it: the records say so. */
    void (*end_stale)(struct supervisor *s);
    /* The guest of an adopted machine answers: what runs in it according to the records is taken
     * over. */
    void (*adopt)(struct supervisor *s);
    /* The guest answers; after either. */
    void (*guest_ready)(struct supervisor *s);
    /* A request has changed the workspace's record. */
    void (*updated)(struct supervisor *s);
    /* Logs to the disk. */
    void (*sync)(struct supervisor *s);
    /* A client's connection is closing: nothing waits there any more. */
    void (*client_gone)(struct supervisor *s, const struct link *client);
    /* The machine is paused until the host's disk has room: what cannot wait for that fails. */
    void (*pause)(struct supervisor *s, const struct pyro_error *why);
    /* The guest is about to shut down: what would prevent that fails. */
    void (*stop)(struct supervisor *s, const struct pyro_error *why);
    /* The VM is gone and is to go on later, and so is what runs in it: nobody waits for it here any
     * more. NULL: as end_all. */
    void (*suspend)(struct supervisor *s);
    /* The VM is gone: what ran in it has ended, and the records say so. */
    void (*end_all)(struct supervisor *s, const struct pyro_error *why);
    /* The workspace's record says so too: requests in progress are answered. Not earlier, since
     * clients may look at once. */
    void (*fail_all)(struct supervisor *s, const struct pyro_error *why);
};

/* Calls a function of each part that has it, in the table's order. */
#define SUPERVISOR_EACH_PART(S, FUNCTION, ...)                                                     \
    do {                                                                                           \
        for (const struct supervisor_part *part_ = (S)->parts; part_->name; part_++)               \
            if (part_->FUNCTION)                                                                   \
                part_->FUNCTION((S), ##__VA_ARGS__);                                               \
    } while (0)

struct supervisor {
    const struct supervisor_part *parts; /* the last has no name */
    struct loop *loop;
    enum supervise_mode mode;
    enum phase phase;
    int64_t began_ms;         /* clock_ms() */
    enum tally_template with; /* of this start */
    bool own_template;   /* a first start waits until its environment's own template is built */
    bool root_mounted;   /* its machine is a copy of that one, which has mounted the disk */
    struct spare *spare; /* it is one, or was one; NULL: no */
    /* Of such a one, by spare.c, else NULL: whether a request may come now, … */
    bool (*check_op)(const struct supervisor *s, const char *op, struct pyro_error *err);
    /* … and telling the claimant how the start ended, err NULL: well. False: nobody is told. */
    bool (*tell_claimant)(struct supervisor *s, const struct pyro_error *err);
    char *template_key; /* that its machine is a copy of; NULL: none, or adopted */
    int dir_fd, run_fd, ready_fd, listen_fd;
    char *dir_path;
    struct workspace_record record;
    struct command_history commands;
    struct unwritten *unwritten; /* history.c: commands that ended; in order */
    struct loop_timer write_history;
    struct redactor *redactor; /* of the secrets; NULL: it has none */
    double noted_attention_at; /* since when the newest in the timeline is */
    struct vm vm;
    pid_t host_pid; /* host compatibility: the child; 0 else */
    int host_pidfd;
    struct console *console;
    struct link *guest;
    struct stream control; /* `begin`, later `shutdown` */
    struct client *clients;
    bool clients_paused;
    int64_t
        client_left_ms; /* clock_ms(): the last one whose presence counts (clients_are_present()) */
    struct waiter *waiters; /* workspace_ops.c: for the end */
    struct exec *execs;
    struct guest_watch *guest_watch; /* NULL: nobody has waited yet */
    struct idleness *idleness;       /* NULL: it is not suspended by itself */
    struct relay *relays;
    struct shell *shells;
    struct shell_doing *doing; /* shell_doing.c: of each shell */
    struct loop_timer doing_save;
    int64_t doing_saved_ms; /* clock_ms() */
    struct disk_holder *disk_holders;
    struct disk_merge *disk_merge;
    struct disk_op *disk_op;     /* the one in progress; NULL: none */
    struct memory_op *memory_op; /* the same */
    uint32_t capture_number;     /* of the last one that was made for a holder */
    struct stream released;      /* memory_ops.c: the guest was told to let go */
    bool resumes;                /* the machine goes on from a captured memory … */
    bool is_fork;                /* … of another one … */
    bool was_suspended;          /* … which is its own */
    bool suspended;              /* it is to go on later: the record says so, QEMU ends */
    struct service *services;
    struct port *ports;             /* of services, listening */
    struct connection *connections; /* through them */
    unsigned connection_count;
    struct loop_timer accept_again;
    struct loop_pause listen_pause;
    bool expired;            /* its time to live is over */
    bool ready_lost;         /* the process that waits for the start could not be told */
    struct network *network; /* NULL: the machine has none */
    struct resolver *resolver;
    int shell_number; /* of the last shell opened */
    int64_t prompt_token;
    struct loop_timer deadline, ttl, save, orphan, resume;
    struct loop_deferred touched; /* supervisor_touch_after() */
    bool stop_wanted;             /* the end was requested: it is not a failure */
    bool took_over_stop;          /* an earlier supervisor was asked for the end */
    bool killed;                  /* this supervisor killed it */
    bool shut_down;               /* QEMU reported that its guest shut down */
    bool disk_full;               /* the host's: QEMU is paused until there is room */
    int64_t paused_since_ms;      /* while the record has a paused_reason */
    int64_t paused_ms;            /* how long it was paused before that */
    unsigned complaints;          /* lines written to run/supervisor.log */
    char *error_before_pause;     /* the record's last error; NULL: none */
    enum pyro_code end_code;      /* of the error that ended it; 0: PYRO_VM_FAILED */
    bool removed;                 /* a `run`: the directory goes with the VM */
    char end_reason[640];
};

/* To the process that waits for the start: progress … */
void supervisor_tell_progress(void *arg, const char *what);
/* … and how it ended. False when no process waits any more. */
bool supervisor_tell_ready(struct supervisor *s);
void supervisor_tell_failed(struct supervisor *s, const struct pyro_error *err);
/* A line in run/supervisor.log, whose number of lines is limited. */
void supervisor_complain(struct supervisor *s, const char *words);

/* Whether requests are served; else why not. The workspace is not being stopped … */
bool supervisor_check_running(const struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* … and the guest can be asked, though it may take its time: the machine may be paused … */
bool supervisor_check_guest(const struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* … and the machine runs: the host's disk has room for what it writes. */
bool supervisor_check_serving(const struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* False, with the error of a host's disk that is full. */
bool supervisor_fail_full(struct pyro_error *err);
/* Of what would end its machine, and with that the hold. False. */
bool supervisor_fail_held(const struct supervisor *s, struct pyro_error *err);

/* Writes the record; on the disk within a second, or at once when `durable`. */
void supervisor_save(struct supervisor *s, bool durable);
/* Syncs logs and record to the disk within a second. */
void supervisor_save_soon(struct supervisor *s);
/* Notes activity; the record has it at once, … */
void supervisor_touch(struct supervisor *s);
/* … once what is on its way out now has gone, … */
void supervisor_touch_after(struct supervisor *s);
/* … or within a second. */
void supervisor_touch_soon(struct supervisor *s);

/*
 * Something ended, and whoever looks next must know: it is in the record's news (news.h) until it is
 * acknowledged. Ignored when the machine is ending, which ends everything. `text` has no secrets.
 */
void supervisor_news(struct supervisor *s, const char *slot, enum attention_state state,
                     const char *kind, const char *id, const char *text);
/* What was in that slot no longer matters. */
void supervisor_news_over(struct supervisor *s, const char *slot);

/* Adds to the workspace's timeline, without secrets. Nothing is kept of a `run`. */
void supervisor_note(struct supervisor *s, const struct timeline_entry *e);

/* Begins the end: a clean shutdown, or at once when `force`. */
void supervisor_stop(struct supervisor *s, bool force);
/* The VM has done what it must not (or cannot continue): end it as failed. */
void supervisor_give_up(struct supervisor *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Kills the VM. Its end is seen as any other is. */
void supervisor_kill(struct supervisor *s);
/* Until s->deadline is cancelled: a guest that does not get ready in time is given up … */
void supervisor_await_guest(struct supervisor *s);
/* … and a VM that does not end is killed. */
void supervisor_await_end(struct supervisor *s);

#endif
