/* One service that the guest runs, or is about to; for services.c alone. */
#ifndef PYRO_SUPERVISOR_SERVICE_H
#define PYRO_SUPERVISOR_SERVICE_H

#include "engine/state/service_files.h"
#include "engine/supervisor/guest_log.h"
#include "engine/supervisor/intake.h"
#include "engine/supervisor/supervisor.h"

struct output {
    struct service *service;
    enum service_output which;
    struct guest_log log;
    struct stream guest;
    struct intake intake;
};

/* A client that waits for the end. */
struct stop_waiter {
    struct stop_waiter *next;
    struct link *client; /* NULL: gone */
    uint32_t id;
    /* What it wants to be started after it, under the same name, and by whom; NULL: nothing. */
    json_t *start;
    supervisor_op_fn *starter;
};

struct service {
    struct service *next;
    struct supervisor *supervisor;
    struct service_record record;
    struct output out[2];
    bool opening; /* the guest has not answered yet */
    bool stop_wanted;
    struct link *start_client; /* the client that waits until it is ready; NULL: none (any more) */
    uint32_t start_id;
    struct stop_waiter *waiters;
    /* As the guest reported it, maybe before all output was in the files. */
    int code;
    char reason[16];
    bool killed;
    char probe_error[200];
    int left_behind;
    json_t *secrets;          /* the names of those that it was given; NULL: none */
    enum service_state noted; /* in the timeline */
    bool is_noted;
};

/* The service as clients see it. New. */
json_t *service_view(const struct service *sv);
/* Writes its record; a failure is the workspace's last error. */
void service_save(struct service *sv);
/* Adds its state to the timeline, if it is another than the last one there. */
void service_note(struct service *sv);
/* Forgets it silently. */
void service_free(struct service *sv);
/* Answers waiting clients, and forgets it; its record says how it ended. What they want to be
 * started after it is then. */
void service_finish(struct service *sv, bool was_starting);
/* `start` is kept, for `starter`; both NULL: the client is told how this one ended. */
void service_await_end(struct service *sv, struct link *client, uint32_t id, const json_t *start,
                       supervisor_op_fn *starter);
/* As the guest reported it, with all of its output in the files. Forgets it. */
void service_ended(struct service *sv);
/* How it ended is unknown. Forgets it. */
void service_lost(struct service *sv, const char *why);

#endif
