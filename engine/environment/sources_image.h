/*
 * The part of the apt sources of an image that is useful inside it: no [trusted=yes] and the like,
 * no keyring or archive of this host.
 */
#ifndef PYRO_SOURCES_IMAGE_H
#define PYRO_SOURCES_IMAGE_H

#include "engine/environment/sources.h"

/* Appends the image's sources, in the two styles. */
bool sources_image(const struct sources *built_from, struct buf *lines, struct buf *stanzas,
                   struct pyro_error *err) MUST_CHECK;

#endif
