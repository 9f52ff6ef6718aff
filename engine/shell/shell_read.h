/*
 * Reading a shell by cursor: a pure function of its files. Nothing is consumed; the same cursor
 * gives the same answer, whoever asks, whether the shell runs, has ended, or its workspace is
 * stopped. docs/rendering.md states the rules of each rendering, docs/shells.md those of waiting.
 */
#ifndef PYRO_SHELL_READ_H
#define PYRO_SHELL_READ_H

#include "engine/state/record.h"
#include "engine/state/shell_files.h"
#include "engine/term/screen.h"

#define SHELL_READ_CHARS_MAX (64 * 1024 * 1024)

enum shell_rendering { SHELL_RAW, SHELL_PLAIN, SHELL_SCREEN };

struct shell_read_spec {
    uint64_t cursor;
    int64_t max_chars; /* code points of raw text that may be consumed, 1..SHELL_READ_CHARS_MAX */
    enum shell_rendering rendering;
    bool colors;              /* SHELL_PLAIN's text keeps them, as SGR sequences */
    int64_t wait_for_idle_ms; /* 0: do not wait for it */
    bool wait_for_prompt;
    int64_t max_wait_ms; /* of either wait; 0: the larger of 30 s and twice wait_for_idle_ms */
};

struct shell_reading {
    char workspace_id[WORKSPACE_ID_LENGTH + 1];
    struct shell_record record;
    uint64_t cursor, next_cursor; /* next_cursor with SHELL_SCREEN: the end of the log */
    uint64_t dropped_bytes;       /* between cursor and the oldest byte kept */
    struct buf output;            /* raw bytes, or UTF-8 text; nothing with SHELL_SCREEN */
    bool truncated;               /* more was there than max_chars let through */
    bool alt_screen;              /* what was read ends on the alternate screen */
    bool at_prompt;               /* with wait_for_prompt */
    struct screen screen;         /* with SHELL_SCREEN */
};
void shell_reading_release(struct shell_reading *r);

/*
 * Waits as the spec says, then reads. Errors: PYRO_SHELL_STATE for a cursor past the end,
 * PYRO_SHELL_NOT_FOUND, and what rendering can fail with. No other process takes part, except the
 * supervisor under wait_for_prompt, and its revival when a running shell has none, at the start or
 * while it is waited.
 */
bool shell_read(const char *ref, const char *id, const struct shell_read_spec *spec,
                struct shell_reading *ret, struct pyro_error *err) MUST_CHECK;
/* Only reads; leaves workspace_id and at_prompt empty. */
bool shell_read_log(int workspace_fd, const char *id, const struct shell_read_spec *spec,
                    struct shell_reading *ret, struct pyro_error *err) MUST_CHECK;
/* The object of a read as users see it. */
json_t *shell_reading_to_view(const struct shell_reading *r, const struct shell_read_spec *spec);

#endif
