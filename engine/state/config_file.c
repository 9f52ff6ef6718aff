/* engine/state/config_file.c: the file, and its lines taken apart. */
#include "engine/state/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/state/paths.h"
#include "vmm/base/fs.h"

#define SPACE " \t\r"

/* Cuts white space at both ends, in place. */
static char *trim(char *s)
{
    size_t n;

    s += strspn(s, SPACE);
    n = strlen(s);
    while (n && strchr(SPACE, s[n - 1]))
        s[--n] = '\0';
    return s;
}

bool config_file_read(char **ret_path, struct buf *ret_text, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    *ret_path = paths_config();
    if (!*ret_path || fs_read_file(AT_FDCWD, *ret_path, ret_text, &why))
        return true;
    return why.sys_errno == ENOENT || why.sys_errno == ENOTDIR || pyro_copy(err, &why);
}

bool config_next(char **at, struct config_setting *s)
{
    char *line, *equals;

    while ((line = strsep(at, "\n"))) {
        s->line++;
        line = trim(line);
        if (!*line || *line == '#')
            continue;
        equals = strchr(line, '=');
        if (equals)
            *equals = '\0';
        s->name = trim(line);
        s->value = equals ? trim(equals + 1) : NULL;
        return true;
    }
    return false;
}
