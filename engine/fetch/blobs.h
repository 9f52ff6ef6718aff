/* The blobs of a job, three at a time, into the files they are for. */
#ifndef PYRO_FETCH_BLOBS_H
#define PYRO_FETCH_BLOBS_H

#include "engine/fetch/client.h"

/*
 * Fetches all of them. What a file holds at first is taken as the beginning of its blob. Reported:
 * {"progress": [bytes of each]} and, as each is complete and has its digest, {"have": its index}. A
 * file whose content turned out to be wrong is empty. The result is {}; NULL on failure.
 */
json_t *blobs_fetch(struct client *c, struct pyro_error *err) MUST_CHECK;

#endif
