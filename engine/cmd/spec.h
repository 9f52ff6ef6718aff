/*
 * A command is one const declaration in a file of its own, listed once in table.c. From it come the
 * command line, --help, --json, completion, docs/commands.md and the machine-readable table. A
 * command's run function sees a filled C struct and returns a JSON object; it never sees argv and
 * never formats JSON text.
 *
 * A row names a field of the command's struct: "vcpu_count" is the flag --vcpu-count and the JSON
 * member vcpu_count. A row whose field has another C type does not compile. What results call a
 * handle (workspace_id, shell_id, service_name, snapshot_name), arguments call it, too.
 */
#ifndef PYRO_CMD_SPEC_H
#define PYRO_CMD_SPEC_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "vmm/base/error.h"
#include "vmm/base/rows.h"

struct cmd_io;

/* Values of a repeatable flag, or the words after "--". NULL-terminated; the strings are borrowed.
 */
struct arg_list {
    const char *const *items;
    size_t count;
};

enum arg_type {
    ARG_TYPE_END,
    ARG_TYPE_STR,    /* const char *, NULL when absent and without default */
    ARG_TYPE_INT,    /* int64_t */
    ARG_TYPE_FLAG,   /* bool, false when absent */
    ARG_TYPE_CHOICE, /* const char *, one of .choices */
    ARG_TYPE_LIST,   /* struct arg_list: a flag that may be given again and again */
    ARG_TYPE_COMMAND /* struct arg_list: everything after "--", at least one word unless optional */
};

/* The owner of a field's value. */
enum arg_field {
    ARG_FIELD_BORROWED, /* as the type says */
    ARG_FIELD_TEXT,     /* a string: char *, owned; UTF-8, but for what .take makes */
    ARG_FIELD_JSON      /* a list or command: json_t *, owned; an array, or what .take makes */
};

/* The kind of values that a shell may complete. */
enum arg_complete {
    COMPLETE_NOTHING,
    COMPLETE_WORKSPACE,
    COMPLETE_ENVIRONMENT,
    COMPLETE_FILE,
    /* Of the workspace that the first positional argument names: */
    COMPLETE_SERVICE,
    COMPLETE_SHELL,
    COMPLETE_SNAPSHOT,
    COMPLETE_SNAPSHOT_NAMED, /* without the baseline, which cannot be deleted */
    COMPLETE_SECRET,
    COMPLETE_LABEL_KEY,
    COMPLETE_PORT, /* that its image says it listens on */
    /* Of all of them: */
    COMPLETE_LABEL,          /* KEY=VALUE */
    COMPLETE_WORKSPACE_SHELL /* WORKSPACE or WORKSPACE/SHELL */
};

#define ARG_UNSET INT64_MIN /* .def of an integer flag that is simply absent by default */

struct arg_spec {
    const char *name;
    enum arg_type type;
    enum arg_field field;
    size_t offset;
    bool positional; /* a list takes all words that are left */
    bool optional;   /* a positional that may be left out */
    bool required;   /* a flag that must be given */
    bool hidden;     /* not in help, completion or documents */
    bool pairs; /* of a list: each item is NAME=VALUE; in JSON they are the members of an object */
    enum arg_complete complete;
    const char *agent; /* offered to models (engine/mcp), with this said of it; NULL: not offered */
    const char *metavar;        /* "N", "PATH"; NULL: the name in capitals */
    const char *help;           /* a phrase without full stop */
    const char *unit;           /* of an integer: "MiB", "seconds" */
    int64_t min, max;           /* of an integer, inclusive; of a list: max items, 0: 1000 */
    int64_t (*max_of)(void);    /* instead of max, where the host decides */
    int64_t step;               /* of an integer: a multiple of it; 0: any */
    int64_t scale;              /* of an integer: the field is the value times this; 0: 1 */
    int64_t def;                /* of an integer */
    bool patient;               /* the default is a limit of time: see args_set_defaults() */
    const char *def_str;        /* of a string or choice */
    const char *const *choices; /* NULL-terminated */
    /* Further check of a string or of each list item; the error need not name the argument. */
    bool (*check)(const char *value, struct pyro_error *err);
    /* Of an owned field: takes a string, or an item of a list, in place of a copy of it. */
    bool (*take)(void *field, const char *value, struct pyro_error *err);
};

#define ARG_ROW_(S, F, T, C_TYPE) ARG_ROW_NAMED_(#F, S, F, T, C_TYPE)
#define ARG_ROW_NAMED_(NAME, S, F, T, C_TYPE)                                                      \
    .name = NAME, .type = (T),                                                                     \
    .offset = offsetof(struct S, F) + _Generic(((struct S *)0)->F, C_TYPE: (size_t)0)

#define ARG_STR(S, F, ...) { ARG_ROW_(S, F, ARG_TYPE_STR, const char *), __VA_ARGS__ }
#define ARG_INT(S, F, ...) { ARG_ROW_(S, F, ARG_TYPE_INT, int64_t), __VA_ARGS__ }
#define ARG_FLAG(S, F, ...) { ARG_ROW_(S, F, ARG_TYPE_FLAG, bool), __VA_ARGS__ }
#define ARG_CHOICE(S, F, ...) { ARG_ROW_(S, F, ARG_TYPE_CHOICE, const char *), __VA_ARGS__ }
#define ARG_LIST(S, F, ...) { ARG_ROW_(S, F, ARG_TYPE_LIST, struct arg_list), __VA_ARGS__ }
/* A positional string. */
#define ARG_WORD(S, F, ...)                                                                        \
    { ARG_ROW_(S, F, ARG_TYPE_STR, const char *), .positional = true, __VA_ARGS__ }
#define ARG_WORKSPACE(S, F)                                                                        \
    { ARG_ROW_NAMED_("workspace_id", S, F, ARG_TYPE_STR, const char *),                            \
      .positional = true,                                                                          \
      .metavar = "WORKSPACE_ID",                                                                   \
      .agent = "",                                                                                 \
      .complete = COMPLETE_WORKSPACE,                                                              \
      .help = "The workspace: its id, its name, or the first characters of its id (4 or more)" }
#define ARG_ENVIRONMENT(S, F)                                                                      \
    { ARG_ROW_(S, F, ARG_TYPE_STR, const char *),                                                  \
      .positional = true,                                                                          \
      .metavar = "ENVIRONMENT",                                                                    \
      .agent = "Such as debian:12",                                                                \
      .complete = COMPLETE_ENVIRONMENT,                                                            \
      .help = "The environment, for example debian:12" }
#define ARG_COMMAND(S, F)                                                                          \
    { ARG_ROW_(S, F, ARG_TYPE_COMMAND, struct arg_list), .metavar = "CMD...",                      \
      .help = "The command and its arguments, each kept as it is" }
/* A row of any type whose field owns its value: that of a request (command_request.h). */
#define ARG_OWNED(T, NAME, S, F, ...)                                                              \
    { .name = #NAME,                                                                               \
      .type = ARG_TYPE_##T,                                                                        \
      .field = _Generic(&((struct S *)0)->F, ARG_OWNED_##T##_),                                    \
      .offset = offsetof(struct S, F),                                                             \
      __VA_ARGS__ }
#define ARG_OWNED_STR_ char ** : ARG_FIELD_TEXT
#define ARG_OWNED_INT_ int64_t * : ARG_FIELD_BORROWED
#define ARG_OWNED_FLAG_ bool * : ARG_FIELD_BORROWED
#define ARG_OWNED_CHOICE_ const char ** : ARG_FIELD_BORROWED
#define ARG_OWNED_LIST_ json_t ** : ARG_FIELD_JSON
#define ARG_OWNED_COMMAND_ ARG_OWNED_LIST_
#define ARG_END { .type = ARG_TYPE_END }

enum cmd_traits {
    CMD_READ_ONLY = 1 << 0,    /* changes nothing */
    CMD_DESTRUCTIVE = 1 << 1,  /* loses data or running work */
    CMD_STREAMING = 1 << 2,    /* writes guest output itself while it runs */
    CMD_HIDDEN = 1 << 3,       /* not in help, completion or documents */
    CMD_GUEST_STATUS = 1 << 4, /* exits with a guest command's status; pyro's own failure is 125 */
    CMD_REMOVES = 1 << 6,      /* the workspace is gone then: its secrets need not be readable */
    CMD_INTERACTIVE = 1 << 5   /* takes the terminal over: has no --json */
};

/* Who prints the summary line, and where. */
enum cmd_tells {
    CMD_TELLS_ITSELF,    /* the command, with summary_tell() or summary_answer() */
    CMD_TELLS_ON_OUTPUT, /* it is the answer, on standard output */
    CMD_TELLS_ON_ERROR   /* it comes beside the answer, on standard error */
};

/* A command as a tool of a model (engine/mcp/tool.h). */
struct cmd_tool {
    const char *name, *title;
    const char *text;  /* what a model is told: it pays for every word */
    unsigned hints;    /* enum cmd_tool_hints */
    const char *gives; /* what it gets of the result: words, "member" or "member.member" */
};
enum cmd_tool_hints {
    TOOL_CORE = 1 << 0,        /* in the profile workspace-core */
    TOOL_VM_RUN = 1 << 1,      /* in the profile vm-run */
    TOOL_IDEMPOTENT = 1 << 2,  /* done twice is done once; so is what is CMD_READ_ONLY */
    TOOL_DESTRUCTIVE = 1 << 3, /* as CMD_DESTRUCTIVE, for a model */
    TOOL_OPEN_WORLD = 1 << 4   /* may reach a network */
};
#define TOOL(NAME, TITLE, TEXT, HINTS, GIVES)                                                      \
    (&(const struct cmd_tool){ NAME, TITLE, TEXT, HINTS, GIVES })

#define CMD_ARGS_SIZE_MAX 512

struct cmd_spec {
    const char *path;    /* "workspace exec" */
    const char *summary; /* one sentence, without full stop */
    const char *details; /* a paragraph more for --help; may be NULL */
    const char *example; /* one whole command line */
    unsigned traits;
    const struct cmd_tool *tool;   /* NULL: it is none */
    const struct arg_spec *args;   /* up to ARG_END; NULL: none */
    size_t args_size;              /* sizeof the struct that the rows speak of */
    const struct row_spec *result; /* what is shown of these rows, up to ROW_END, is always there */
    const char *told; /* what its summary line says of the result (summary.h); NULL: it has none */
    enum cmd_tells tells;
    /*
     * Runs it, and returns the result object, the caller's; NULL when it failed.
     */
    json_t *(*run)(const void *args, struct cmd_io *io, struct pyro_error *err);
    /* Whether with these arguments it only reads what its workspace has on the host, waits for
     * nothing, and is soon done; NULL: never. */
    bool (*is_quick)(const void *args);
    /* The human form of a result on standard output; NULL: its summary line, or nothing to show.
     * Foreign text goes through text_print(). */
    void (*print)(const json_t *result, FILE *out);
};

/* A first word (or words) shared by several commands: "workspace", "workspace shell". */
struct cmd_group {
    const char *path;
    const char *summary;
    const char *example;
};

/* A text that `pyro help NAME` prints, and no command is behind. */
struct cmd_topic {
    const char *name;
    const char *summary;
    const char *text, *end;
};

/* The table: commands in the order of help, NULL-terminated, and groups ending with a NULL path,
 * topics with a NULL name. */
extern const struct cmd_spec *const cmd_table[];
extern const struct cmd_group cmd_groups[];
extern const struct cmd_topic cmd_topics[];

/* The command, group or topic of exactly this name; NULL when there is none. */
const struct cmd_spec *cmd_find(const char *path);
const struct cmd_group *cmd_group_find(const char *path);
const struct cmd_topic *cmd_topic_find(const char *name);

/* Whether a program can call it: it takes no terminal over, and is for users. */
static inline bool cmd_is_callable(const struct cmd_spec *cmd)
{
    return !(cmd->traits & (CMD_INTERACTIVE | CMD_HIDDEN));
}
/* Iterates the rows of a command: for (a = cmd->args; arg_more(a); a++). */
static inline bool arg_more(const struct arg_spec *a)
{
    return a && a->type != ARG_TYPE_END;
}
/* Whether it is given as --flag. */
static inline bool arg_is_flag(const struct arg_spec *a)
{
    return !a->positional && a->type != ARG_TYPE_COMMAND;
}
/* Whether the command cannot do without it. */
static inline bool arg_is_required(const struct arg_spec *a)
{
    return a->required || ((a->type == ARG_TYPE_COMMAND || a->positional) && !a->optional);
}
/* The largest allowed value of an integer row on this host. */
int64_t arg_max(const struct arg_spec *a);
/* The flag's name without dashes ("vcpu-count") into ret[64]. */
void arg_flag_name(const struct arg_spec *a, char ret[64]);
/* The placeholder for its value ("N", "PATH", "VCPU_COUNT") into ret[64]. */
void arg_metavar(const struct arg_spec *a, char ret[64]);

/* Sets every field of a zeroed struct to its row's default; those that limit a time go through
 * patience(). */
void args_set_defaults(const struct arg_spec *rows, void *args);
/* Sets one field from text, checking it; a list grows by one. The text must outlive args, but for
 * an owned field. */
bool args_set_text(const struct arg_spec *row, void *args, const char *value,
                   struct pyro_error *err) MUST_CHECK;
/* Sets an integer field, checking it. */
bool args_set_int(const struct arg_spec *row, void *args, int64_t n,
                  struct pyro_error *err) MUST_CHECK;
/* Sets a flag's field. */
void args_set_flag(const struct arg_spec *row, void *args, bool on);
/* The workspace that the arguments name; NULL: the command takes none. */
const char *args_workspace(const struct cmd_spec *cmd, const void *args);
/* Frees what args_set_text() and args_set_defaults() allocated. */
void args_release(const struct arg_spec *rows, void *args);

#endif
