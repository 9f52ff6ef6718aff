/* engine/environment/import.c: an environment that has no source but an archive. */
#include "engine/environment/import.h"

#include "engine/environment/unpack.h"
#include "engine/state/names.h"
#include "vmm/base/fs.h"

static bool import(struct environment_install *in, int archive_fd, struct pyro_error *err)
{
    if (!environment_install_check_free(in, err))
        return false;
    progress_phase(in->progress, "install", in->name);
    in->record.source = str_printf(ENVIRONMENT_FROM_ARCHIVE);
    in->tried = true;
    return environment_unpack_archive(in, archive_fd, err) && environment_install_finish(in, err);
}

bool environment_import(const char *name, int archive_fd, const struct progress *progress,
                        struct pyro_error *err)
{
    struct environment_install in;
    bool ok;

    if (!workspace_check_name("environment", name, err))
        return false;
    ok = environment_install_begin(&in, name, progress, err) && import(&in, archive_fd, err);
    if (ok)
        progress_phase(progress, "ready", name);
    environment_install_release(&in);
    return ok;
}
