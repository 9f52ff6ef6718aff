/*
 * The program inside the VM: PID 1 of the initramfs, one loop, one link to the supervisor.
 *
 * A request is a row of the table in ops.c; anything that outlives its request (an exec) is a
 * struct of its own in a list here. Nothing in this room aborts or exits: a dead PID 1 is a dead
 * machine. With --host DIR the same program is a plain child of the supervisor: it then changes
 * nothing of the system it runs on.
 */
#ifndef PYRO_GUEST_H
#define PYRO_GUEST_H

#include "vmm/base/link.h"
#include "vmm/base/loop.h"

#define GUEST_STREAMS_MAX 256
#define WORKSPACE_DIR "/workspace"

struct connection;
struct service;
struct shell;

struct guest {
    struct loop *loop;
    struct link *link;
    const char *host_dir; /* serves as /workspace; NULL in a VM */
    unsigned exec_count;
    struct shell *shells;
    unsigned shell_count;
    struct service *services;
    unsigned service_count;
    struct connection *connections;
    unsigned connection_count;
    bool root_on_disk;
    bool begun;                     /* this machine has its identity: commands may run */
    bool stopping;                  /* a shutdown is under way */
    struct stream stop_stream;      /* of that shutdown */
    struct loop_timer stop_timer;   /* of its next step */
    struct loop_deferred stop_call; /* its end */
    bool stop_killed;               /* TERM was not enough */
};

/* Writes one line to the console; for events that nobody else can be told about. */
void guest_log(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
