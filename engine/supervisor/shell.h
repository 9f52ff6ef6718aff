/* One shell, attached to the guest's PTY; for shells.c alone. */
#ifndef PYRO_SUPERVISOR_SHELL_H
#define PYRO_SUPERVISOR_SHELL_H

#include "engine/supervisor/intake.h"
#include "engine/supervisor/shell_doing.h"
#include "engine/supervisor/shell_input.h"
#include "engine/supervisor/shell_log.h"
#include "engine/supervisor/shell_query.h"
#include "engine/supervisor/supervisor.h"

/* A request that the guest must answer first. */
enum shell_ask_kind { ASK_RESIZE, ASK_PROMPT, ASK_PASTE, ASK_END };
struct shell_ask {
    struct shell_ask *next;
    enum shell_ask_kind kind;
    int64_t token;
    struct link *client; /* NULL: gone, or no client to answer */
    uint32_t id;
    void (*pasted)(void *arg, bool pasted); /* for ASK_PASTE instead */
    void *arg;
};

struct shell {
    struct shell *next;
    struct supervisor *supervisor;
    struct shell_record record;
    struct shell_doing doing;
    struct shell_log log;
    struct shell_query query;
    struct stream guest;
    struct intake intake;
    struct shell_input input;
    struct typed typed;
    struct shell_ask *asks;
    json_t *secrets; /* the names of those that it was given; NULL: none */
    const char *last_writer;
    bool editing;             /* the last input did not end a line */
    bool opening;             /* the guest has not answered yet */
    struct link *open_client; /* the client that waits for that; NULL: gone */
    uint32_t open_id;
    /* The shell waits for input after this much output, not all of which has arrived; 0: nothing is
     * missing. */
    uint64_t waits_behind;
    int ended; /* the exit code, reported before all output was in the file; -1: it runs */
};

/* One of s->shells, its files open. The record is copied. */
struct shell *shell_new(struct supervisor *s, const struct shell_record *r, struct pyro_error *err);
/* Forgets it silently. */
void shell_free(struct shell *sh);
/* The shell as clients see it. New. */
json_t *shell_view(const struct shell *sh);
/* The answer to ASK_PROMPT: what the guest said (NULL: nothing), and where the shell's output ended
 * then. New. */
json_t *shell_prompt_view(const json_t *said, int64_t offset);
/* The client (NULL: none) waits for this. */
void shell_await(struct shell *sh, enum shell_ask_kind kind, int64_t token, struct link *client,
                 uint32_t id);
/* Answers those who wait for this; result is stolen. `token` -1: all of the kind. */
void shell_answer(struct shell *sh, enum shell_ask_kind kind, int64_t token, json_t *result);
/* Attaches to the guest's shell, from the log's end on. */
bool shell_follow(struct shell *sh, struct pyro_error *err) MUST_CHECK;
/* It has ended (exit_code -1: nobody knows how): records it, answers all, and forgets it. */
void shell_end(struct shell *sh, int exit_code);

#endif
