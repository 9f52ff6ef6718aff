/*
 * The coding agents that pyro can be connected to: where each keeps its configuration, and the
 * entry there by which it starts `pyro mcp serve`. What an agent writes, only the agent writes; its
 * file is read here, or, of a format that is not JSON, by the agent itself.
 */
#ifndef PYRO_HOST_AGENT_H
#define PYRO_HOST_AGENT_H

#include "vmm/base/json.h"

#define AGENT_ENTRY "pyro" /* the name of our entry */

struct agent {
    const char *name;    /* "claude-code" */
    const char *program; /* "claude" */
    /* The directory that `files` are below: the value of a variable, else one in the home. */
    const char *variable, *directory;
    const char *const *files;  /* the first that exists, else the last */
    const char *format;        /* one of agent_formats */
    const char *member;        /* whose member AGENT_ENTRY is the entry */
    bool one_list;             /* an entry's `command` is the program and its arguments */
    const char *type;          /* an entry's `type`; NULL: it has none */
    const char *const *add;    /* the agent's own command, before the words of the entry's */
    const char *const *remove; /* needed before an entry is added again; NULL: it is not */
    const char *const *list;   /* prints the entries as JSON; NULL: the file is JSON */
};

extern const char *const agent_formats[];
/* The agents' names, for an argument's choices, and the agents; both NULL-terminated. */
extern const char *const agent_names[];
extern const struct agent *const agents[];

/* One of the names; NULL: there is no such agent. */
const struct agent *agent_find(const char *name);
bool agent_is_installed(const struct agent *a);
/* The file with its configuration, there or not; the caller frees. */
char *agent_file(const struct agent *a, struct pyro_error *err) MUST_CHECK;

/* Runs the agent's program with these words, in / and with none of the user's tokens; its output
 * into ret_out (NULL: dropped). Blocks for a minute at most; then nothing it started runs on. */
bool agent_run(const struct agent *a, const json_t *words, struct buf *ret_out,
               struct pyro_error *err) MUST_CHECK;

/*
 * The words of the command with which an agent is to start this program: its own path, for agents
 * have a PATH of their own. NULL for `project`: none. The caller owns the result.
 */
json_t *agent_command(const char *profile, const char *project, struct pyro_error *err) MUST_CHECK;
/* The configuration that has an entry with this command alone, in the agent's format. */
char *agent_config(const struct agent *a, const json_t *command) MUST_CHECK;

struct agent_entry {
    bool is_there;
    json_t *command; /* list of words; NULL: it starts no program */
    json_t *env;     /* object of texts, or NULL */
    json_t *others;  /* the other entries; NULL: not known */
    bool is_off;     /* the user has switched it off */
};

/* What the file has; no file: no entry. Fails when it cannot be read or makes no sense. */
bool agent_read(const struct agent *a, const char *file, struct agent_entry *ret,
                struct pyro_error *err) MUST_CHECK;
void agent_entry_release(struct agent_entry *entry);
#define scoped_agent_entry __attribute__((cleanup(agent_entry_release))) struct agent_entry

#endif
