/* engine/commands/env_import.c: an archive that the user has becomes an environment. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cmd/io.h"
#include "engine/commands/env_first_boot.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/environment/environment.h"
#include "engine/environment/import.h"

struct env_import_args {
    const char *name, *file;
};

static const struct arg_spec env_import_rows[] = {
    ARG_WORD(env_import_args, name, .metavar = "NAME", .help = "What the environment is called"),
    ARG_WORD(env_import_args, file, .metavar = "FILE", .complete = COMPLETE_FILE,
             .help = "A tar archive, plain or compressed by gzip, zstd or xz; -: standard input"),
    ARG_END,
};

static json_t *env_import_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct env_import_args *a = args;
    scoped_close int file = -1;
    bool is_input = !strcmp(a->file, "-");
    struct stat st;

    file = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                    : open(a->file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (file < 0)
        return pyro_fail_errno(err, "open '%s'", a->file);
    if (fstat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' is a directory", a->file);
        return pyro_hint(err,
                         "a tar of it can be imported: tar -C '%s' -c . | pyro env import %s -",
                         a->file, a->name);
    }
    if (!environment_import(a->name, file, &io->progress, err))
        return pyro_wrap(err, "import '%s'", a->file);
    return env_first_boot(a->name, io, err) && environment_settle(a->name, err)
               ? env_show(a->name, err)
               : NULL;
}

static void env_import_print(const json_t *result, FILE *out)
{
    show_line(out, "Imported", json_string_or(result, "name", NULL));
    show_environment(result, out);
}

const struct cmd_spec cmd_env_import = {
    .path = "env import",
    .summary = "Make an environment of an archive: of a root file system, or of an image",
    .details = "The archive holds a root file system, an OCI image layout, or what 'docker save' "
               "writes; it is told by what is in it. One machine is started to try it: an "
               "environment that does not start is not installed.",
    .example = "pyro env import tools rootfs.tar.gz",
    .args = env_import_rows,
    .args_size = sizeof(struct env_import_args),
    .result = environment_rows,
    .run = env_import_run,
    .print = env_import_print,
};
