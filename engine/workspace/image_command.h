/* What `run` of an image runs. */
#ifndef PYRO_WORKSPACE_IMAGE_COMMAND_H
#define PYRO_WORKSPACE_IMAGE_COMMAND_H

#include "vmm/base/command_request.h"

/*
 * Completes a request as docker does. The words are the entry point's, and after them those of the
 * command that was given, or else of the image's; `entrypoint`, unless NULL, takes the place of both
 * of the image's, and is none if it is empty. User and directory are the image's, unless given.
 * `image`: as a workspace's record has it; NULL: there is none. PYRO_INVALID_ARGUMENT: there is
 * nothing to run.
 */
bool image_command_complete(const json_t *image, const char *entrypoint, struct command_request *r,
                            struct pyro_error *err) MUST_CHECK;
/* What ends it when it is told to stop (signals_number()), new; NULL: the image does not say, or not what
 * is a signal. */
char *image_command_stop_signal(const json_t *image);

#endif
