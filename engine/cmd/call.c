/* engine/cmd/call.c: redaction, the run, the check of the result. */
#include "engine/cmd/call.h"

#include "engine/cmd/check.h"

json_t *cmd_call(const struct cmd_spec *cmd, const void *args, struct cmd_io *io,
                 struct pyro_error *err)
{
    scoped_json json_t *result = cmd_io_redact(io, cmd, args, err) ? cmd->run(args, io, err) : NULL;

    cmd_io_clear_progress(io);
    if (!cmd_io_flush(io, false, result ? err : NULL) || !result)
        return NULL;
    check_command_result(cmd, io->brief ? NULL : result);
    redaction_result(&io->redaction, cmd->result, result);
    return take_ptr(&result);
}

void cmd_hide_in_error(const struct cmd_spec *cmd, const void *args, struct cmd_io *io,
                       struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (cmd && !io->redaction.redactor && !redaction_open(&io->redaction, cmd, args, &why))
        return;
    redaction_error(&io->redaction, err);
}
