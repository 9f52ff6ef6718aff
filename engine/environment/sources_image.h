/*
 * What of the apt sources that an image is built from is of use in it: no [trusted=yes] and the
 * like, no keyring or archive of this host's.
 */
#ifndef PYRO_SOURCES_IMAGE_H
#define PYRO_SOURCES_IMAGE_H

#include "engine/environment/sources.h"

/* Appends the image's sources, in the two styles. */
bool sources_image(const struct sources *built_from, struct buf *lines, struct buf *stanzas,
                   struct pyro_error *err) MUST_CHECK;

#endif
