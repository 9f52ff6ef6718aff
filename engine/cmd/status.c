/* engine/cmd/status.c: which exit status an error code has. */
#include "engine/cmd/status.h"

#include "engine/cmd/spec.h"

/* Without a default on purpose: the compiler asks for the line of a new code. */
static int plain_status(enum pyro_code code)
{
    switch (code) {
    case PYRO_OK:
        return 0;
    case PYRO_USAGE:
    case PYRO_INVALID_ARGUMENT:
        return STATUS_USAGE;
    case PYRO_REFUSED:
    case PYRO_WORKSPACE_NOT_FOUND:
    case PYRO_WORKSPACE_AMBIGUOUS:
    case PYRO_WORKSPACE_STATE:
    case PYRO_WORKSPACE_BUSY:
    case PYRO_NAME_TAKEN:
    case PYRO_COMMAND_NOT_FOUND:
    case PYRO_COMMAND_STATE:
    case PYRO_SHELL_NOT_FOUND:
    case PYRO_SHELL_STATE:
    case PYRO_NO_SHELL:
    case PYRO_SNAPSHOT_NOT_FOUND:
    case PYRO_SNAPSHOT_STATE:
    case PYRO_LABEL_NOT_FOUND:
    case PYRO_SECRET_NOT_FOUND:
    case PYRO_FILE_NOT_FOUND:
    case PYRO_WRONG_FILE_TYPE:
    case PYRO_PATH_REFUSED:
    case PYRO_PATCH_REJECTED:
    case PYRO_SERVICE_NOT_FOUND:
    case PYRO_SERVICE_STATE:
    case PYRO_PORT_IN_USE:
    case PYRO_SERVICE_FAILED:
    case PYRO_ENVIRONMENT_NOT_FOUND:
    case PYRO_ENVIRONMENT_BROKEN:
    case PYRO_PULL_FAILED:
    case PYRO_PUSH_FAILED:
    case PYRO_DEPENDENCY_MISSING:
    case PYRO_KVM_REQUIRED:
    case PYRO_VM_FAILED:
    case PYRO_GUEST_ERROR:
    case PYRO_GUEST_LOST:
    case PYRO_GUEST_PROTOCOL:
    case PYRO_CONTENT_REFUSED:
    case PYRO_RECORD_INVALID:
    case PYRO_NO_TERMINAL:
    case PYRO_NO_SPACE:
    case PYRO_PERMISSION:
    case PYRO_TIMEOUT:
    case PYRO_INTERRUPTED:
    case PYRO_IO:
    case PYRO_NO_MEMORY:
    case PYRO_INTERNAL:
    case PYRO_CODE_COUNT:
        break;
    }
    return STATUS_FAILED;
}

int status_of_code(enum pyro_code code, unsigned traits)
{
    int status = plain_status(code);

    return status == STATUS_FAILED && traits & CMD_GUEST_STATUS ? STATUS_OWN_FAILURE : status;
}

int status_of_failure(struct pyro_error *err, unsigned traits)
{
    if (err->code == PYRO_OK)
        pyro_fail(err, PYRO_INTERNAL, "the command failed and does not say why");
    return status_of_code(err->code, traits);
}
