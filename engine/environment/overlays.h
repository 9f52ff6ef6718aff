/*
 * The layers that an environment has above its image, when it was made of a workspace: N.qcow2 beside
 * base.ext4, from 1 on, the lowest first. They are hard links to frozen layers of that workspace, and
 * workspaces made of the environment have hard links to them: nobody ever writes to one.
 *
 * The record has an object for each: {digest, state}.
 */
#ifndef PYRO_ENVIRONMENT_OVERLAYS_H
#define PYRO_ENVIRONMENT_OVERLAYS_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"

#define OVERLAY_NAME_MAX 24

/* Its name in the environment's directory, into ret[OVERLAY_NAME_MAX]; the first is 1. */
void overlay_name(unsigned number, char *ret);
/* Reads all of them; the objects, new. NULL on failure. */
json_t *overlays_measure(const char *directory, unsigned count, struct pyro_error *err) MUST_CHECK;
/*
 * Whether all are as they were measured. One that was touched is read; if its content is the same, its
 * object follows, and *ret_touched is set.
 */
bool overlays_check(const char *directory, json_t *overlays, bool *ret_touched) MUST_CHECK;
/* The disk space that they took. */
int64_t overlays_size(const json_t *overlays);
/* A digest of the image's digest and theirs, new. */
char *overlays_digest(const char *image_digest, const json_t *overlays);

#endif
