/* A shell of the guest program (guest_fixture.h), as its host sees it. */
#ifndef PYRO_TESTS_GUEST_SHELL_FIXTURE_H
#define PYRO_TESTS_GUEST_SHELL_FIXTURE_H

#include "tests/unit/unit.h"

#include "tests/unit/guest_fixture.h"

extern struct guest_fixture guest;

/* The host's side of a shell: its log, and what the guest said last. */
struct shell {
    struct stream stream;
    const char *id;
    struct buf log;
    uint64_t offset; /* of the next byte */
    uint64_t since;  /* bytes since it was attached */
    int ended;       /* exit code; -1: it runs */
    int64_t ended_at;
    bool answered, at_prompt;
    int pasted; /* -1: nothing was said of a paste */
    int64_t cols, rows, resized_at;
    char foreground[256];
    bool waits;
    int64_t age_ms;
};

/* A test's set-up and tear-down. */
int start_guest(void **state);
int end_guest(void **state);
void attach(struct shell *sh);
/* A request to open bash, new. */
json_t *open_request(const char *id, const char *cwd);
void open_shell(struct shell *sh, const char *id);
/* One pass of the loop; fails past the deadline. */
void run_once(int64_t deadline_ms, const char *what);
void type(struct shell *sh, const char *keys);
/* Until the log holds the text. */
void await_text(struct shell *sh, const char *text);
/* Sends a message, stolen. */
void tell(struct shell *sh, json_t *message);
bool ask_prompt(struct shell *sh);
void await_prompt(struct shell *sh);
/* Its exit code; nothing comes after its end. */
void await_end(struct shell *sh, int code);
/* The host has all of it. */
void let_go(struct shell *sh);
void signal_shell(struct shell *sh, const char *name);
/* Of a request, stolen. */
void expect_error(json_t *request, enum pyro_code code);
size_t count_shells(void);

#endif
