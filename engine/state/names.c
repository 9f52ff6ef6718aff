/* engine/state/names.c: checks of names, labels and directories. */
#include "engine/state/names.h"

#include <ctype.h>
#include <string.h>

#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

#define NAME_MAX_LENGTH 64
#define LABEL_VALUE_MAX 256

char *workspace_cwd(const char *given, struct pyro_error *err)
{
    scoped_free char *name = name_given(given ? given : "", err);
    scoped_json json_t *text = NULL;

    if (!name)
        return NULL;
    text = name_to_json(*name == '/' ? "" : *name ? "/workspace/" : "/workspace", name);
    return str_printf("%s", json_string_value(text));
}

bool workspace_check_name(const char *what, const char *name, struct pyro_error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strlen(name);

    if (n && n <= NAME_MAX_LENGTH && strspn(name, allowed) == n && isalnum((unsigned char)name[0]))
        return true;
    pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s '%s' is not valid", what, name);
    return pyro_hint(err,
                     "use 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
}

bool workspace_check_label_value(const char *value, struct pyro_error *err)
{
    size_t n = strlen(value);

    if (n > LABEL_VALUE_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a label's value is over %d bytes",
                         LABEL_VALUE_MAX);
    if (!utf8_is_valid(value, n))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a label's value is not UTF-8");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        bool c1 = c == 0xc2 && (unsigned char)value[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || c1)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                             "a label's value holds a control character");
    }
    return true;
}
