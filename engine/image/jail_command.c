/* engine/image/jail_command.c: the sub-command jail, for doctor: how this host confines it. */
#include "engine/image/command.h"
#include "engine/image/jail.h"

static json_t *jail_command_run(const void *args UNUSED, struct pyro_error *err UNUSED)
{
    return json_pack("{sb sb}", "nobody", !(jail_missing() & JAIL_WITHOUT_NOBODY), "landlock",
                     !(jail_missing() & JAIL_WITHOUT_LANDLOCK));
}

const struct image_command image_jail = {
    .name = "jail",
    .args_size = 1,
    .run = jail_command_run,
};
