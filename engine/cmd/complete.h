/* The words that may come next on a command line, for the shells' completion scripts. */
#ifndef PYRO_CMD_COMPLETE_H
#define PYRO_CMD_COMPLETE_H

#include <jansson.h>

#include "engine/cmd/spec.h"

/*
 * The candidates for the last of `words` (those after "pyro", the last one unfinished, maybe
 * empty): an array of {value, help}. *ret_files says whether file names are wanted instead. The
 * caller owns the array.
 */
json_t *complete_words(const struct arg_list *words, bool *ret_files);

#endif
