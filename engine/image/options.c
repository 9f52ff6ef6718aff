/* engine/image/options.c: argv into a sub-command's struct, by its declaration. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/image/command.h"

static const struct image_option *find_option(const struct image_command *command, const char *arg)
{
    if (strncmp(arg, "--", 2) != 0)
        return NULL;
    for (size_t i = 0; i < command->option_count; i++)
        if (!strcmp(command->options[i].name, arg + 2))
            return &command->options[i];
    return NULL;
}

static bool parse_number(const char *text, int64_t max, int64_t *ret)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < 0 || n > max)
        return false;
    *ret = n;
    return true;
}

static bool parse_fds(const char *text, struct image_fds *ret)
{
    while (ret->count < IMAGE_FDS_MAX) {
        char *end;
        long fd = strtol(text, &end, 10);
        if (end == text || fd < 0 || fd > INT32_MAX || fcntl((int)fd, F_GETFD) < 0)
            return false;
        ret->items[ret->count++] = (int)fd;
        if (*end != ',')
            return !*end;
        text = end + 1;
    }
    return false;
}

static bool set_option(const struct image_option *option, const char *value, void *args,
                       struct pyro_error *err)
{
    void *field = (char *)args + option->offset;
    struct image_list *list = field;
    int64_t n = 0;

    switch (option->kind) {
    case IMAGE_OPTION_FD:
        if (!parse_number(value, INT32_MAX, &n) || fcntl((int)n, F_GETFD) < 0)
            break;
        *(int *)field = (int)n;
        return true;
    case IMAGE_OPTION_SIZE:
        if (!parse_number(value, INT64_MAX, &n))
            break;
        *(int64_t *)field = n;
        return true;
    case IMAGE_OPTION_TEXT:
        *(const char **)field = value;
        return true;
    case IMAGE_OPTION_LIST:
        if (list->count == IMAGE_LIST_MAX)
            break;
        list->items[list->count++] = value;
        return true;
    case IMAGE_OPTION_FDS:
        if (!parse_fds(value, field))
            break;
        return true;
    case IMAGE_OPTION_FLAG:
        *(bool *)field = true;
        return true;
    }
    return pyro_fail(err, PYRO_USAGE, "--%s: invalid value '%s'", option->name, value);
}

static void set_defaults(const struct image_command *command, void *args)
{
    memset(args, 0, command->args_size);
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].kind == IMAGE_OPTION_FD)
            *(int *)((char *)args + command->options[i].offset) = -1;
}

bool image_parse_options(const struct image_command *command, int argc, char *const *argv,
                         void *args, struct pyro_error *err)
{
    uint32_t given = 0;

    set_defaults(command, args);
    for (int i = 0; i < argc; i++) {
        const struct image_option *option = find_option(command, argv[i]);
        const char *value = "";
        if (!option)
            return pyro_fail(err, PYRO_USAGE, "%s: unknown option '%s'", command->name, argv[i]);
        if (option->kind != IMAGE_OPTION_FLAG) {
            if (++i == argc)
                return pyro_fail(err, PYRO_USAGE, "--%s needs a value", option->name);
            value = argv[i];
        }
        if (!set_option(option, value, args, err))
            return false;
        given |= 1u << (option - command->options);
    }
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].required && !(given & 1u << i))
            return pyro_fail(err, PYRO_USAGE, "%s needs --%s", command->name,
                             command->options[i].name);
    return true;
}
