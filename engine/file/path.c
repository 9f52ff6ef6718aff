/* engine/file/path.c: paths in the workspace. */
#include "engine/file/path.h"

#include <string.h>

#include "vmm/base/file_name.h"
#include "vmm/base/file_records.h"
#include "vmm/base/fs.h"

#define WORKSPACE "/workspace"

static void *refuse(const char *given, struct pyro_error *err)
{
    pyro_fail(err, PYRO_PATH_REFUSED, "'%.400s' is not below " WORKSPACE, given);
    return pyro_hint(err, "paths are relative to " WORKSPACE ", or begin with it");
}

char *file_path_parse(const char *text, struct pyro_error *err)
{
    size_t prefix = strlen(WORKSPACE);
    scoped_free char *given = name_given(text, err), *clean = NULL;
    const char *at = given;

    if (!given)
        return NULL;
    if (strlen(given) > FILE_PATH_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a path of %zu bytes is too long (at most %d)",
                         strlen(given), FILE_PATH_MAX);
    if (!*given)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the path is empty");
    if (*given == '/') {
        if (strncmp(given, WORKSPACE, prefix) != 0 || (given[prefix] && given[prefix] != '/'))
            return refuse(given, err);
        at += prefix;
    }
    clean = str_printf("%s", at);
    if (!name_clean_path(clean))
        return refuse(given, err);
    return take_ptr(&clean);
}

char *file_path_show(const char *relative)
{
    return str_printf(WORKSPACE "%s%s", *relative ? "/" : "", relative);
}
