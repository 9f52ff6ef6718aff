/*
 * engine/image/main.c: pyro-image, the program that takes hostile archives apart. It is started for
 * one piece of work, confines itself before it reads the first foreign byte, prints one JSON object
 * and ends. An attacker who breaks one of its libraries gets a process without files, network or
 * rights.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/image/command.h"
#include "engine/image/jail.h"

static const struct image_command *const commands[] = {
    &image_disk_export,   &image_disk_list,       &image_disk_read,
    &image_disk_seal,     &image_tar_to_ext4,     &image_tar_to_tree,
    &image_unpack_kernel, &image_initramfs,       &image_patch,
    &image_oci_to_ext4,   &image_archive_to_ext4, &image_diff,
    &image_jail,          &image_disk_to_oci,     &image_zstd,
    &image_unzstd,
};

static const struct image_command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    return NULL;
}

static json_t *run(int argc, char **argv, struct pyro_error *err)
{
    const struct image_command *command = argc > 1 ? find_command(argv[1]) : NULL;
    scoped_free void *args = NULL;

    if (!command)
        return pyro_fail(err, PYRO_USAGE, "unknown sub-command '%s'", argc > 1 ? argv[1] : "");
    args = malloc(command->args_size);
    if (!args)
        return pyro_no_memory(err, NULL);
    if (!image_parse_options(command, argc - 2, argv + 2, args, err))
        return NULL;
    if ((command->prepare && !command->prepare(err)) || !jail_enter(err))
        return NULL;
    return command->run(args, err);
}

static json_t *error_object(const struct pyro_error *err)
{
    return json_pack("{s{ss so ss}}", "error", "code", pyro_code_name(err->code), "message",
                     json_string_lossy(err->message, strlen(err->message)), "hint",
                     pyro_error_hint(err));
}

int main(int argc, char **argv)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *result = NULL;
    scoped_free char *line = NULL;
    bool ok;

    signal(SIGPIPE, SIG_IGN);
    result = run(argc, argv, &err);
    ok = result != NULL;
    if (!ok)
        result = error_object(&err);
    line = result ? json_compact(result) : NULL;
    if (!line || printf("%s\n", line) < 0 || fflush(stdout) != 0)
        return 1;
    return ok ? 0 : 1;
}
