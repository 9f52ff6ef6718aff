/*
 * Errors are values on the caller's stack. A function that can fail returns bool (or a pointer) to
 * say whether, and fills the pyro_error it was given as its last argument to say why; success
 * leaves that alone. Wrapping prepends context. Only main functions print. The codes are a closed
 * list: one table gives each its JSON name and its default hint. Exit statuses are the command
 * layer's (engine/cmd/status.h); that needs a line for each code.
 */
#ifndef PYRO_ERROR_H
#define PYRO_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/base/cleanup.h"

enum pyro_code {
    PYRO_OK,
    PYRO_USAGE,            /* the command line itself is wrong */
    PYRO_INVALID_ARGUMENT, /* a value given is out of range or malformed, whatever the state is */
    PYRO_REFUSED,          /* supervisor, guest, helper or pyro api does not take the request */
    PYRO_WORKSPACE_NOT_FOUND,
    PYRO_WORKSPACE_AMBIGUOUS, /* a prefix fits more than one workspace */
    PYRO_WORKSPACE_STATE,     /* not possible in the state the workspace is in */
    PYRO_WORKSPACE_BUSY,      /* another pyro holds it */
    PYRO_NAME_TAKEN,
    PYRO_COMMAND_NOT_FOUND, /* the history has none of that number */
    PYRO_COMMAND_STATE,
    PYRO_SHELL_NOT_FOUND,
    PYRO_SHELL_STATE,
    PYRO_NO_SHELL, /* the machine has no program that is one */
    PYRO_SNAPSHOT_NOT_FOUND,
    PYRO_SNAPSHOT_STATE, /* not possible with the snapshots and layers there are */
    PYRO_LABEL_NOT_FOUND,
    PYRO_SECRET_NOT_FOUND,
    PYRO_FILE_NOT_FOUND,  /* nothing of that name below /workspace */
    PYRO_WRONG_FILE_TYPE, /* a directory where a file is meant, a binary file read as text, … */
    PYRO_PATH_REFUSED,    /* leads out of /workspace, or through a symbolic link */
    PYRO_PATCH_REJECTED,  /* is not a patch, or does not fit the files as they are */
    PYRO_SERVICE_NOT_FOUND,
    PYRO_SERVICE_STATE,
    PYRO_PORT_IN_USE,    /* by another program, or service */
    PYRO_SERVICE_FAILED, /* it ended while it started, or did not get ready */
    PYRO_ENVIRONMENT_NOT_FOUND,
    PYRO_ENVIRONMENT_BROKEN, /* installed files fail their check */
    PYRO_PULL_FAILED,
    PYRO_PUSH_FAILED,
    PYRO_DEPENDENCY_MISSING, /* a program pyro needs is not installed */
    PYRO_KVM_REQUIRED,       /* PYRO_REQUIRE_KVM=1 and KVM is not usable */
    PYRO_VM_FAILED,          /* QEMU did not start, or ended */
    PYRO_GUEST_ERROR,        /* the guest refused or could not do it */
    PYRO_GUEST_LOST,         /* the link to the guest or supervisor broke */
    PYRO_GUEST_PROTOCOL,     /* the peer sent what the wire does not allow */
    PYRO_CONTENT_REFUSED,    /* a tree or archive holds something that is not accepted */
    PYRO_RECORD_INVALID,     /* a state file is truncated, garbage or from another version */
    PYRO_NO_TERMINAL,        /* a command that takes over a terminal has none it can use */
    PYRO_NO_SPACE,
    PYRO_PERMISSION,
    PYRO_TIMEOUT,
    PYRO_INTERRUPTED,
    PYRO_IO,
    PYRO_NO_MEMORY,
    PYRO_INTERNAL,
    PYRO_CODE_COUNT
};

struct pyro_error {
    enum pyro_code code;
    int sys_errno;     /* 0 when no system call was to blame */
    char message[640]; /* "WHAT: WHY", UTF-8; may hold foreign text, so mains print it escaped */
    char hint[256];    /* the next step to take; "": the code's default */
};

/* Each sets *err (which may be NULL) and returns NULL: `return pyro_fail(…)` is how a function fails
 * that returns a pointer, and one that returns a bool. */
void *pyro_fail(struct pyro_error *err, enum pyro_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Appends ": strerror(errno)"; ENOSPC, EACCES and their kin get the code that says so, others
 * PYRO_IO. Running out of descriptors gets its hint here. */
void *pyro_fail_errno(struct pyro_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "WHAT: out of memory"; NULL: only that. */
void *pyro_no_memory(struct pyro_error *err, const char *what);
/* Prepends "context: " to a message already there. */
void *pyro_wrap(struct pyro_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sets the hint of an error already there. */
void *pyro_hint(struct pyro_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* *err = *why, an error from elsewhere. */
void *pyro_copy(struct pyro_error *err, const struct pyro_error *why);
/* Gives an error already there another code. */
void *pyro_recode(struct pyro_error *err, enum pyro_code code);
/* Whether there is an error of this code; NULL has none. */
bool pyro_is(const struct pyro_error *err, enum pyro_code code);

/* The code's JSON name, e.g. "workspace_not_found". */
const char *pyro_code_name(enum pyro_code code);
/* The code of a JSON name; PYRO_INTERNAL for a name that is not in the list. */
enum pyro_code pyro_code_from_name(const char *name);
/*
 * The same for an error reported by another process: never PYRO_USAGE or PYRO_INVALID_ARGUMENT,
 * which are about this process's own command line, but PYRO_REFUSED.
 */
enum pyro_code pyro_code_from_peer(const char *name);
/* The hint to show: the error's own, else the code's default, else "". */
const char *pyro_error_hint(const struct pyro_error *err);

/* A broken invariant of pyro's own, never bad input: prints and aborts. Not for the guest. */
#define BUG_ON(cond)                                                                               \
    do {                                                                                           \
        if (cond)                                                                                  \
            pyro_bug(__FILE__, __LINE__, #cond);                                                   \
    } while (0)
_Noreturn void pyro_bug(const char *file, int line, const char *what);

#endif
