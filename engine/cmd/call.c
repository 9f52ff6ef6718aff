/* engine/cmd/call.c: redaction, the run, the check of the result. */
#include "engine/cmd/call.h"

#include "engine/cmd/check.h"

bool cmd_call(const struct cmd_spec *cmd, const void *args, struct cmd_io *io, json_t **ret_result,
              struct pyro_error *err)
{
    json_t *result = NULL;
    bool ok = cmd_io_redact(io, cmd, args, err) && cmd->run(args, io, &result, err);

    cmd_io_clear_progress(io);
    ok = cmd_io_flush(io, false, ok ? err : NULL) && ok;
    if (!ok) {
        json_decref(result);
        return false;
    }
    check_command_result(cmd, result);
    redaction_result(&io->redaction, cmd->result, result);
    *ret_result = result;
    return true;
}

void cmd_hide_in_error(const struct cmd_spec *cmd, const void *args, struct cmd_io *io,
                       struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (cmd && !io->redaction.redactor && !redaction_open(&io->redaction, cmd, args, &why))
        return;
    redaction_error(&io->redaction, err);
}
