/* engine/workspace/image_command.c: Entrypoint, Cmd, User and WorkingDir (image-spec, config.md). */
#include "engine/workspace/image_command.h"

#include "vmm/base/fs.h"
#include "vmm/base/signals.h"

/* Sets a text that was not given to one of the image's, if it has that. */
static void set_text(const json_t *image, const char *member, char **ret)
{
    const char *text = json_string_or(image, member, "");

    if (!*ret && *text)
        *ret = str_printf("%s", text);
}

bool image_command_complete(const json_t *image, const char *entrypoint, struct command_request *r,
                            struct pyro_error *err)
{
    json_t *given = r->command, *words = json_array();

    if (!entrypoint)
        json_array_extend(words, json_object_get(image, "entrypoint"));
    else if (*entrypoint)
        json_array_append_new(words, json_string(entrypoint));
    if (given)
        json_array_extend(words, given);
    else if (!entrypoint)
        json_array_extend(words, json_object_get(image, "cmd"));
    json_decref(given);
    r->command = words;
    set_text(image, "user", &r->user);
    set_text(image, "working_dir", &r->cwd);
    if (json_array_size(words))
        return true;
    pyro_fail(err, PYRO_INVALID_ARGUMENT, "the command to run is missing, and the %s",
              image ? "image has none" : "environment is not of an image that has one");
    return pyro_hint(err, "give it after '--'");
}

char *image_command_stop_signal(const json_t *image)
{
    const char *name = json_string_or(image, "stop_signal", "");

    return signals_number(name) ? str_printf("%s", name) : NULL;
}
