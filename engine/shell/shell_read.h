/*
 * Reading a shell by cursor: a pure function of its files. Nothing is consumed; the same cursor
 * gives the same answer, whoever asks, whether the shell runs, has ended, or its workspace is
 * stopped. docs/rendering.md states the rules of each rendering, docs/shells.md those of waiting.
 */
#ifndef PYRO_SHELL_READ_H
#define PYRO_SHELL_READ_H

#include "engine/shell/shell_read_spec.h"
#include "engine/state/record.h"
#include "engine/state/shell_files.h"
#include "engine/term/screen.h"

struct shell_reading {
    char workspace_id[WORKSPACE_ID_LENGTH + 1];
    struct shell_record record;
    uint64_t cursor, next_cursor;    /* next_cursor with SHELL_SCREEN: the end of the log */
    uint64_t dropped_bytes;          /* between cursor and the oldest byte kept */
    struct buf output;               /* raw bytes, or UTF-8 text; nothing with SHELL_SCREEN */
    bool truncated;                  /* there is more than max_chars let through */
    bool alt_screen;                 /* what was read ends on the alternate screen */
    struct shell_wait_answer waited; /* with wait_for_prompt or wait_for_input */
    struct screen screen;            /* with SHELL_SCREEN */
};
void shell_reading_release(struct shell_reading *r);

/*
 * Waits as the spec says, then reads. Errors: PYRO_SHELL_STATE for a cursor past the end,
 * PYRO_SHELL_NOT_FOUND, and what rendering can fail with. No other process takes part, except the
 * supervisor: under wait_for_prompt and wait_for_input, and when a running shell has none and one is
 * started, before or during the wait.
 */
bool shell_read(const char *ref, const char *id, const struct shell_read_spec *spec,
                struct shell_reading *ret, struct pyro_error *err) MUST_CHECK;
/* Only reads; leaves workspace_id and waited empty. */
bool shell_read_log(int workspace_fd, const char *id, const struct shell_read_spec *spec,
                    struct shell_reading *ret, struct pyro_error *err) MUST_CHECK;
/* The object of a read as users see it. */
json_t *shell_reading_to_view(const struct shell_reading *r, const struct shell_read_spec *spec);

#endif
