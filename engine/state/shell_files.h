/*
 * The files of a shell, in its workspace's shells/ directory, written by the supervisor, read by
 * anyone:
 *
 *   ID.json    state, size, times, exit code, and `first`, the offset of the oldest byte kept
 *   ID.log     its output; the offset in the file is the cursor, but for shell_cursor.h. Beyond
 *              LOG_BYTES_MAX (guest_log.h)
 *              the head is punched out in steps, after `first` was published: a reader checks
 *              `first` again after reading
 *   ID.events  what the log cannot say, one JSON line per event, {"t": epoch seconds,
 *              "offset": N, "type": T}; T is resize {cols, rows}, alt {on}, input {by} or end
 *   ID.states  the terminal's state at places of the log (shell_state.h)
 *   ID.marks   where the last secret was taken out (guest_log.h); only in a workspace that has any
 *   ID.times   when output came: a line "OFFSET MILLISECONDS" (since started_at), for recordings
 *
 * The files beside the log are bounded by its size, and dropped with its head (line_file.h).
 */
#ifndef PYRO_SHELL_FILES_H
#define PYRO_SHELL_FILES_H

#include "engine/state/attention.h"
#include "engine/state/record.h"
#include "vmm/base/rows.h"

#define SHELL_ID_MAX 15
#define SHELLS_DIR "shells"

/* What its foreground does, according to the guest. */
enum shell_doing_state {
    SHELL_RUNS,
    SHELL_WAITS, /* a shell, at its prompt */
    SHELL_ASKS   /* a program, for input */
};

struct shell_record {
    char id[SHELL_ID_MAX + 1];
    bool running;
    bool host_compat;
    char *cwd;
    int64_t cols, rows;
    double started_at, ended_at; /* epoch seconds; ended_at 0: it runs */
    int exit_code;               /* -1: not known */
    uint64_t first;              /* offset of the oldest byte kept */
    json_t *cuts;                /* by resets (shell_cursor.h); NULL: none */
    /* The command in its foreground according to the guest: not to be trusted, nor printed
     * unescaped. NULL: not known; "": the shell itself. */
    char *foreground;
    double foreground_since; /* epoch seconds: when that started */
    bool at_prompt;          /* the shell itself, waiting for input; since foreground_since */
    enum shell_doing_state doing;
    int64_t controllers; /* clients that have it under control */
    bool hides;          /* what asks does not show what is typed: a password */
    double doing_since;  /* epoch seconds */
    /* What a program in it wanted noticed last, since input was typed or someone acknowledged it:
     * printable, but foreign; "" for a bell. NULL: nothing. */
    char *notice;
    double notice_at; /* epoch seconds */
};

/* A member is declared above and by a row here; storing, showing and documenting it follow from
 * that row. For use inside a table of rows. */
#define SHELL_ROWS                                                                                 \
    RES_STR("workspace_id"), ROW_TEXT(shell_record, id, .shown = "shell_id", .where = ROW_SHOWN),  \
        ROW_BOOL(shell_record, running, .required = true, .where = ROW_KEPT),                      \
        RES_STR("state", .choices = shell_states, .show = shell_show_state),                       \
        ROW_TEXT(shell_record, cwd, .required = true, .help = "Where it was opened"),              \
        ROW_INT(shell_record, cols, .required = true, .min = 1, .max = 1000),                      \
        ROW_INT(shell_record, rows, .required = true, .min = 1, .max = 1000),                      \
        ROW_NUM(shell_record, started_at), ROW_NUM(shell_record, ended_at, .nullable = true),      \
        ROW_INT(shell_record, exit_code, .min = -1, .def = -1, .nullable = true,                   \
                .help = "128+N when signal N ended it; null while it runs, or when it ended with " \
                        "its VM"),                                                                 \
        ROW_CHOICE(shell_record, host_compat, execution_modes, .shown = "execution_mode"),         \
        ROW_INT(shell_record, first, .required = true, .where = ROW_KEPT),                         \
        ROW_OBJECTS(shell_record, cuts, NULL, .where = ROW_KEPT, .sparse = true),                  \
        ROW_TEXT(shell_record, foreground, .where = ROW_KEPT),                                     \
        ROW_NUM(shell_record, foreground_since, .where = ROW_KEPT),                                \
        ROW_BOOL(shell_record, at_prompt, .where = ROW_KEPT),                                      \
        ROW_CHOICE(shell_record, doing, shell_doing_states, .where = ROW_KEPT),                    \
        ROW_BOOL(shell_record, hides, .where = ROW_KEPT),                                          \
        ROW_INT(shell_record, controllers, .where = ROW_KEPT),                                     \
        ROW_NUM(shell_record, doing_since, .where = ROW_KEPT),                                     \
        ROW_TEXT(shell_record, notice, .where = ROW_KEPT, .sparse = true),                         \
        ROW_NUM(shell_record, notice_at, .where = ROW_KEPT),                                       \
        RES_OBJECT("attention", attention_rows, .show = shell_show_attention)

/* The shell object alone. */
extern const struct row_spec shell_rows[];
extern const char *const shell_states[];
extern const char *const shell_doing_states[];
json_t *shell_show_state(const void *record);
json_t *shell_show_attention(const void *record);
/* Of a shell, from what it does. */
enum attention_state shell_attention_state(const struct shell_record *r);
/* The object, new. */
json_t *shell_attention(const struct shell_record *r);

void shell_record_release(struct shell_record *r);
/* One that owns all that it has. */
struct shell_record shell_record_copy(const struct shell_record *r);
#define scoped_shell_record __attribute__((cleanup(shell_record_release)))
/* PYRO_SHELL_NOT_FOUND when there is no such shell. */
bool shell_record_load(int workspace_fd, const char *id, struct shell_record *ret,
                       struct pyro_error *err) MUST_CHECK;
/* Whether there is such a shell; else PYRO_SHELL_NOT_FOUND. */
bool shell_exists(int workspace_fd, const char *id, struct pyro_error *err) MUST_CHECK;
bool shell_record_save(int workspace_fd, const struct shell_record *r,
                       struct pyro_error *err) MUST_CHECK;
/* The shell object as users see it. */
json_t *shell_record_to_view(const struct shell_record *r, const char *workspace_id);
/* Whether a string can be a shell's id: "sh" and a number. */
bool shell_id_is_valid(const char *id);
/* Calls fn for each shell by number; the record is borrowed. */
typedef void shell_each_fn(void *arg, const struct shell_record *r);
bool shell_each(int workspace_fd, shell_each_fn *fn, void *arg, struct pyro_error *err) MUST_CHECK;
/* The highest number in use; 0: none. */
int64_t shell_highest_number(int workspace_fd);

/* Opens shells/ID.SUFFIX ("log", "events"); -1 on failure. */
int shell_open_file(int workspace_fd, const char *id, const char *suffix, int flags,
                    struct pyro_error *err) MUST_CHECK;
/* Removes all files of a shell. */
void shell_remove_files(int workspace_fd, const char *id);

/* An event of a stretch of the log. */
struct shell_event {
    double time;
    uint64_t offset;
    enum { EVENT_RESIZE, EVENT_ALT, EVENT_INPUT, EVENT_END } type;
    int cols, rows; /* resize */
    bool on;        /* alt */
};
/* Two positions in their file. */
struct shell_event_range {
    uint64_t from, to;
};
#define SHELL_EVENTS_ALL ((struct shell_event_range){ 0, UINT64_MAX })
/* Calls fn for the events between them, in the file's order; invalid lines are skipped, including
 * those of types that an older pyro wrote. */
typedef void shell_event_fn(void *arg, const struct shell_event *e);
bool shell_events_between(int workspace_fd, const char *id, struct shell_event_range range,
                          shell_event_fn *fn, void *arg, struct pyro_error *err) MUST_CHECK;
/* The same for whole lines from *position on, which is moved past them: for a reader that follows
 * an open events file. What cannot be read is left for the next time. */
void shell_events_follow(int fd, uint64_t *position, shell_event_fn *fn, void *arg);

#endif
