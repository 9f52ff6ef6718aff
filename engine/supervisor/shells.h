/* The shells of the workspace, as the rest of the supervisor sees them. */
#ifndef PYRO_SUPERVISOR_SHELLS_H
#define PYRO_SUPERVISOR_SHELLS_H

#include "engine/supervisor/shell_input.h"
#include "engine/supervisor/supervisor.h"

struct shell;

/* Answers a `shell_open` request, later. */
supervisor_op_fn shells_open;
/* A running shell; NULL with PYRO_SHELL_NOT_FOUND or PYRO_SHELL_STATE. */
struct shell *shells_find(struct supervisor *s, const char *id, struct pyro_error *err);
json_t *shells_view(const struct shell *sh);
/* Each answers the client's request, some only once the guest has answered. */
void shells_resize(struct shell *sh, int64_t cols, int64_t rows, struct link *client, uint32_t id);
void shells_signal(struct shell *sh, const char *name, struct link *client, uint32_t id);
void shells_close(struct shell *sh, struct link *client, uint32_t id);
void shells_prompt(struct shell *sh, struct link *client, uint32_t id);
/* The answer to it while the guest cannot be asked. New. */
json_t *shells_prompt_unknown(void);
/* Something typed into a shell. */
typedef void shells_pasted_fn(void *arg, bool pasted);
struct shell_typed {
    const char *by;     /* SHELL_AGENT or SHELL_OPERATOR */
    const char *caller; /* of timeline_callers */
    enum typed_as as;
    const void *bytes;
    size_t size;
    /* Of a paste: Enter after it; and the function that is called once, with what the guest did
     * with it, unless shells_forget() comes first. */
    bool enter;
    shells_pasted_fn *pasted;
    void *arg;
};
#define SHELL_AGENT "agent"
#define SHELL_OPERATOR "operator"
/* Queues it as one piece, so that writers interleave by whole writes. */
bool shells_type(struct supervisor *s, const char *id, const struct shell_typed *typed,
                 struct pyro_error *err) MUST_CHECK;
/* A client has taken control of it, or given it back. */
void shells_control(struct supervisor *s, const char *id, bool more);
void shells_forget(struct supervisor *s, const void *arg);
/* What wanted to be noticed in the shells of these sources (news.h) is. */
void shells_acknowledge(struct supervisor *s, const json_t *sources);
/* After an adoption: attaches to those that run according to the records. */
void shells_adopt(struct supervisor *s);
/* The VM is gone: all end, exit codes unknown. */
void shells_end_all(struct supervisor *s, const struct pyro_error *why);
/* Ends the records of shells that no longer have a VM. */
void shells_suspend(struct supervisor *s);
void shells_end_stale(struct supervisor *s);
/* Logs to the disk. */
void shells_sync(struct supervisor *s);
/* A client's connection is closing: nothing waits there any more. */
void shells_client_gone(struct supervisor *s, const struct link *client);

#endif
