/*
 * Operations on a workspace's shells: programs on a PTY in the guest whose output is a log on the
 * host. Like workspace.h, one engine behind every front.
 *
 * `ref` is a reference to a workspace, `id` a shell's id. The functions here ask the supervisor,
 * which is started or re-adopted when that is needed; they may block, and return a new JSON object
 * of the shape that docs/commands.md declares, or NULL with err set: PYRO_SHELL_NOT_FOUND,
 * PYRO_SHELL_STATE for one that has ended, PYRO_WORKSPACE_STATE, …
 */
#ifndef PYRO_SHELL_H
#define PYRO_SHELL_H

#include "engine/state/shell_files.h"
#include "vmm/base/command_request.h"

struct shell_open_spec {
    /* Borrowed; cwd of workspace_cwd(), NULL: /workspace. `interactive`: a person types;
     * completion, pagers, editors and history expansion stay. */
    struct command_request request;
    int64_t max_wait_ms; /* for the first prompt or the shell's end, here and not in the supervisor;
                            0: returned at once. An interactive one is not waited for */
};
/* A bash on a terminal. The result is the shell object with at_prompt: null when it was not waited
 * for. */
json_t *shell_open(const char *ref, const struct shell_open_spec *spec,
                   struct pyro_error *err) MUST_CHECK;
/* {workspace_id, count, shells}, by number, ended ones too. Needs no supervisor. */
json_t *shell_list(const char *ref, struct pyro_error *err) MUST_CHECK;
enum shell_typing {
    SHELL_KEYS,  /* bytes as they are */
    SHELL_LINES, /* each newline is Enter, also one appended */
    SHELL_PASTE, /* one bracketed paste where the program takes any, else as SHELL_LINES */
};
struct shell_write_spec {
    const void *bytes;
    size_t n; /* at most 1 MiB */
    enum shell_typing as;
    bool enter; /* not with SHELL_KEYS: Enter after them */
};
/* Types at once: other writers' bytes come before or after. The shell object, with input_length
 * (n), append_newline (enter) and pasted: null but for a paste. */
json_t *shell_write(const char *ref, const char *id, const struct shell_write_spec *spec,
                    struct pyro_error *err) MUST_CHECK;
/* Either may be 0: as it is. Returns once the program has been told. */
json_t *shell_resize(const char *ref, const char *id, int64_t cols, int64_t rows,
                     struct pyro_error *err) MUST_CHECK;
/* HUP, INT or TERM to the foreground process group, KILL to all that runs in the shell. */
json_t *shell_signal(const char *ref, const char *id, const char *name,
                     struct pyro_error *err) MUST_CHECK;
/* Hangs up on all that runs in the shell, and a moment later kills what is left; its output stays.
 * One that has ended is returned as it is. */
json_t *shell_close(const char *ref, const char *id, struct pyro_error *err) MUST_CHECK;

#endif
