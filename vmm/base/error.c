/* vmm/base/error.c: the closed list of error codes, and how an error value is filled. */
#include "vmm/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct code_row {
    const char *name;
    const char *hint;
};

static const struct code_row codes[PYRO_CODE_COUNT] = {
    [PYRO_OK] = { "ok", "" },
    [PYRO_USAGE] = { "usage", "" },
    [PYRO_INVALID_ARGUMENT] = { "invalid_argument", "" },
    [PYRO_REFUSED] = { "refused", "" },
    [PYRO_WORKSPACE_NOT_FOUND] = { "workspace_not_found", "see 'pyro workspace list'" },
    [PYRO_WORKSPACE_AMBIGUOUS] = { "workspace_ambiguous", "give more characters of its id" },
    [PYRO_WORKSPACE_STATE] = { "workspace_state", "see 'pyro workspace status'" },
    [PYRO_WORKSPACE_BUSY] = { "workspace_busy", "try again when the other command has ended" },
    [PYRO_NAME_TAKEN] = { "name_taken", "choose another name, or delete the one that has it" },
    [PYRO_COMMAND_NOT_FOUND] = { "command_not_found", "see 'pyro workspace command list'" },
    [PYRO_COMMAND_STATE] = { "command_state", "" },
    [PYRO_SHELL_NOT_FOUND] = { "shell_not_found", "see 'pyro workspace shell list'" },
    [PYRO_SHELL_STATE] = { "shell_state", "" },
    [PYRO_NO_SHELL] = { "no_shell", "run its programs with 'pyro workspace exec'" },
    [PYRO_SNAPSHOT_NOT_FOUND] = { "snapshot_not_found", "see 'pyro workspace snapshot list'" },
    [PYRO_SNAPSHOT_STATE] = { "snapshot_state", "" },
    [PYRO_LABEL_NOT_FOUND] = { "label_not_found", "see 'pyro workspace status'" },
    [PYRO_SECRET_NOT_FOUND] = { "secret_not_found", "see 'pyro workspace status'" },
    [PYRO_FILE_NOT_FOUND] = { "file_not_found", "see 'pyro workspace file list'" },
    [PYRO_WRONG_FILE_TYPE] = { "wrong_file_type", "" },
    [PYRO_PATH_REFUSED] = { "path_refused", "" },
    [PYRO_PATCH_REJECTED] = { "patch_rejected", "" },
    [PYRO_SERVICE_NOT_FOUND] = { "service_not_found", "see 'pyro workspace service list'" },
    [PYRO_SERVICE_STATE] = { "service_state", "see 'pyro workspace service status'" },
    [PYRO_SERVICE_FAILED] = { "service_failed", "see 'pyro workspace service logs'" },
    [PYRO_PORT_IN_USE] = { "port_in_use", "name another port" },
    [PYRO_ENVIRONMENT_NOT_FOUND] = { "environment_not_found", "see 'pyro env list'" },
    [PYRO_ENVIRONMENT_BROKEN] = { "environment_broken", "repair it with 'pyro env pull'" },
    [PYRO_PULL_FAILED] = { "pull_failed", "" },
    [PYRO_PUSH_FAILED] = { "push_failed", "" },
    [PYRO_DEPENDENCY_MISSING] = { "dependency_missing", "see 'pyro doctor'" },
    [PYRO_KVM_REQUIRED] = { "kvm_required", "unset PYRO_REQUIRE_KVM to allow emulation" },
    [PYRO_VM_FAILED] = { "vm_failed", "see 'pyro doctor'" },
    [PYRO_GUEST_ERROR] = { "guest_error", "" },
    [PYRO_GUEST_LOST] = { "guest_lost", "see 'pyro workspace status'" },
    [PYRO_GUEST_PROTOCOL] = { "guest_protocol", "" },
    [PYRO_CONTENT_REFUSED] = { "content_refused", "" },
    [PYRO_RECORD_INVALID] = { "record_invalid", "" },
    [PYRO_NO_TERMINAL] = { "no_terminal", "" },
    [PYRO_NO_SPACE] = { "no_space", "free some space and try again" },
    [PYRO_PERMISSION] = { "permission", "" },
    [PYRO_TIMEOUT] = { "timeout", "" },
    [PYRO_INTERRUPTED] = { "interrupted", "" },
    [PYRO_IO] = { "io", "" },
    [PYRO_NO_MEMORY] = { "no_memory", "" },
    [PYRO_INTERNAL] = { "internal", "" },
};

/* An error without a hint. */
static void fill(struct pyro_error *err, enum pyro_code code, int number, const char *fmt,
                 va_list ap)
{
    err->code = code;
    err->sys_errno = number;
    err->hint[0] = '\0';
    vsnprintf(err->message, sizeof(err->message), fmt, ap);
}

void *pyro_fail(struct pyro_error *err, enum pyro_code code, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return NULL;
    va_start(ap, fmt);
    fill(err, code, 0, fmt, ap);
    va_end(ap);
    return NULL;
}

static enum pyro_code code_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return PYRO_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
        return PYRO_PERMISSION;
    case ENOMEM:
        return PYRO_NO_MEMORY;
    case ETIMEDOUT:
        return PYRO_TIMEOUT;
    default:
        return PYRO_IO;
    }
}

void *pyro_fail_errno(struct pyro_error *err, const char *fmt, ...)
{
    int number = errno;
    size_t len;
    va_list ap;

    if (!err)
        return NULL;
    va_start(ap, fmt);
    fill(err, code_of_errno(number), number, fmt, ap);
    va_end(ap);
    len = strlen(err->message);
    snprintf(err->message + len, sizeof(err->message) - len, ": %s", strerror(number));
    if (number == EMFILE)
        pyro_hint(err, "raise the limit of open files with 'ulimit -n'; a workspace has the limit "
                       "that it was started with");
    else if (number == ENFILE)
        pyro_hint(err, "the host has no more open files: raise fs.file-max with sysctl");
    return NULL;
}

void *pyro_no_memory(struct pyro_error *err, const char *what)
{
    return pyro_fail(err, PYRO_NO_MEMORY, "%s%sout of memory", what ? what : "", what ? ": " : "");
}

void *pyro_wrap(struct pyro_error *err, const char *fmt, ...)
{
    char inner[sizeof(err->message)];
    size_t len;
    va_list ap;

    if (!err)
        return NULL;
    memcpy(inner, err->message, sizeof(inner));
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof(err->message), fmt, ap);
    va_end(ap);
    len = strlen(err->message);
    snprintf(err->message + len, sizeof(err->message) - len, ": %s", inner);
    return NULL;
}

void *pyro_hint(struct pyro_error *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
    va_end(ap);
    return NULL;
}

void *pyro_copy(struct pyro_error *err, const struct pyro_error *why)
{
    if (err)
        *err = *why;
    return NULL;
}

void *pyro_recode(struct pyro_error *err, enum pyro_code code)
{
    if (err)
        err->code = code;
    return NULL;
}

bool pyro_is(const struct pyro_error *err, enum pyro_code code)
{
    return err && err->code == code;
}

const char *pyro_code_name(enum pyro_code code)
{
    return codes[(unsigned)code < PYRO_CODE_COUNT ? code : PYRO_INTERNAL].name;
}

enum pyro_code pyro_code_from_name(const char *name)
{
    for (unsigned i = PYRO_OK + 1; i < PYRO_CODE_COUNT; i++) /* no error is "ok" */
        if (!strcmp(codes[i].name, name))
            return (enum pyro_code)i;
    return PYRO_INTERNAL;
}

enum pyro_code pyro_code_from_peer(const char *name)
{
    enum pyro_code code = pyro_code_from_name(name);

    return code == PYRO_USAGE || code == PYRO_INVALID_ARGUMENT ? PYRO_REFUSED : code;
}

const char *pyro_error_hint(const struct pyro_error *err)
{
    return err->hint[0] ? err->hint : codes[err->code].hint;
}

void pyro_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "pyro: internal error: %s:%d: %s\n", file, line, what);
    abort();
}
