/* The configuration file, ~/.config/pyro/config: lines "NAME = VALUE", empty lines, and comments
 * from # on. What settings there are, those say who read them. */
#ifndef PYRO_CONFIG_FILE_H
#define PYRO_CONFIG_FILE_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define CONFIG_BYTES_MAX (64 * 1024)

struct config_setting {
    char *name, *value; /* without white space around them; value NULL: the line has no '=' */
    int line;           /* from 1 */
};

/* Its path, which the caller frees, and its text, empty when there is none. *ret_path may be NULL:
 * nobody can tell where it would be. */
bool config_file_read(char **ret_path, struct buf *ret_text, struct pyro_error *err) MUST_CHECK;
/* The next setting at *at, which moves behind it; cuts the text up. *s begins zeroed. False: no
 * further one. */
bool config_next(char **at, struct config_setting *s);

#endif
