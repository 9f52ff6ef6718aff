/*
 * The interface's data, kept current by the engine: every workspace with its shells, the figures of
 * those on screen, their last commands. One for the program (app->model); screens listen to it.
 */
#ifndef PYRO_TUI_MODEL_H
#define PYRO_TUI_MODEL_H

#include "engine/state/news.h"
#include "engine/workspace/figures.h"
#include "engine/workspace/watch.h"

struct app;
struct model;

/* Told about each change; `change` is a mask of enum watch_change, 0 when w came or is going. */
struct model_listener {
    struct model_listener *next;
    void (*changed)(void *arg, struct watched_workspace *w, unsigned change, bool going);
    void *arg;
};

/* Reads all there is. */
struct model *model_new(struct app *app, struct pyro_error *err) MUST_CHECK;
void model_free(struct model *m);
void model_listen(struct model *m, struct model_listener *l);
void model_unlisten(struct model *m, struct model_listener *l);

size_t model_count(const struct model *m);
/* In no particular order. */
struct watched_workspace *model_at(const struct model *m, size_t i);
/* NULL when there is none (any more). */
struct watched_workspace *model_find(const struct model *m, const char *id);

/* Whose figures are wanted from now on: those that are on screen. */
void model_show_figures(struct model *m, struct watched_workspace *const *shown, size_t count);
/* NULL when not known. */
const struct figures *model_figures(const struct model *m, const struct watched_workspace *w);

/* The last figures of a started workspace that was on screen, in percent of what it may use, the
 * newest last. */
#define MODEL_SAMPLES 24
struct samples {
    uint8_t cpu[MODEL_SAMPLES], memory[MODEL_SAMPLES];
    int count;
    int64_t taken_ms;
};
const struct samples *model_samples(const struct watched_workspace *w);

/* Marks chosen by the operator. */
bool model_is_marked(const struct watched_workspace *w);
void model_mark(struct watched_workspace *w, bool marked);
size_t model_marked_count(const struct model *m);

/* The last commands, newest first, at most MODEL_COMMANDS: see workspace_watch_commands().
 * Borrowed; read from the files when first asked for after a change. */
#define MODEL_COMMANDS 8
const json_t *model_commands(struct watched_workspace *w);
/* The attention object of a command that failed and was not acknowledged; NULL: none. Borrowed. */
const json_t *model_failed_command(const struct watched_workspace *w);

/*
 * The operator's knowledge of a shell. It lasts as long as the program does: screens that show it
 * come and go.
 */
struct shell_note {
    struct shell_note *next;
    char id[SHELL_ID_MAX + 1];
    double started_at;  /* of the shell that it is about: ids are used again after a reset */
    uint64_t seen_size; /* of the log when it was last looked at */
    bool fresh;         /* it has printed something since */
    int command_status; /* of the last command that it told of; 0 also once that was looked at */
};
/* The note of a shell, made when there is none: then *ret_new is true. */
struct shell_note *model_shell_note(struct watched_workspace *w, const struct shell_record *r,
                                    bool *ret_new);
/* Whether it ended with an error that was not acknowledged. */
bool model_shell_failed(const struct watched_workspace *w, const struct shell_record *r);
/* The operator has seen what ended: by source, as news_acknowledge() has it. Goes on by itself. */
void model_acknowledge(const struct watched_workspace *w, const char *source);
/* The same for one shell or service, if there is news of it. NULL is fine. */
void model_acknowledge_one(const struct watched_workspace *w, const char *kind, const char *id);
/* Whether a program in the shell wants to be noticed: its record says how. */
bool model_has_notice(const struct shell_record *r);
/* The shell where that happened last; NULL: none. */
const struct shell_record *model_notice(const struct watched_workspace *w);
/* What in it needs the operator's eye. */
enum attention_state model_attention(const struct watched_workspace *w);
size_t model_asking_count(const struct model *m);
/* What is being done to it as a whole, by the operator or any other pyro: "resetting"; NULL: nothing. */
const char *model_change(const struct watched_workspace *w);
/* The name, or else the id. */
const char *model_name(const struct watched_workspace *w);
/* The same by id, also of one that was deleted meanwhile. */
const char *model_name_of(const struct model *m, const char *id);
size_t model_running_shells(const struct watched_workspace *w);
/* The running shell that printed or started last; NULL when none runs. */
const struct watched_shell *model_latest_shell(const struct watched_workspace *w);
/* Since when the program in its foreground runs: since it started, or since it was answered. */
double model_runs_since(const struct shell_record *r);
/* The one that asks; else the latest. */
const struct watched_shell *model_asking_shell(const struct watched_workspace *w);
#endif
