/*
 * The blobs that were fetched, in blobs/ of the cache: each a file named by its digest, which it had
 * when it got that name. One that is on its way is part-NAME, locked by who fetches it; what a
 * killed pyro leaves of it is where the next one goes on.
 */
#ifndef PYRO_REGISTRY_STORE_H
#define PYRO_REGISTRY_STORE_H

#include "engine/helper/progress.h"
#include "engine/oci/descriptor.h"

struct store_part {
    char name[OCI_DIGEST_SIZE]; /* the blob's */
    int fd;                     /* locked; what it has is the blob's beginning */
};

/* The directory; -1 on failure. While it is open none of its blobs is pruned. */
int blobs_open(struct pyro_error *err) MUST_CHECK;
/* Whether it has the blob, of that size; size -1: of any. */
bool blobs_has(int dirfd, const char *digest, int64_t size);
/* A blob to be read, or what has come of it; -1 with errno. */
int blobs_open_blob(int dirfd, const char *digest);
/*
 * Takes hold of a blob that is not there. True with fd -1: somebody else fetches it, or it has just
 * come. With `progress`, that is waited for, and fd is -1 only when it has come.
 */
bool blobs_begin(int dirfd, const char *digest, int64_t size, const struct progress *progress,
                 bool wait, struct store_part *ret, struct pyro_error *err) MUST_CHECK;
/*
 * It is complete: from now on it has its name. It is not waited for until it is on the disk: a host that
 * loses power may leave less of it, whose size tells; blobs_has() then has it fetched again.
 */
bool blobs_keep(int dirfd, struct store_part *part, struct pyro_error *err) MUST_CHECK;
/* Removes a blob, if it is there: the next pull fetches it again. */
void blobs_forget(int dirfd, const char *digest);
/* Lets it go; what there is of it stays for the next time if `resume`. Nothing when fd is -1. */
void blobs_leave(int dirfd, struct store_part *part, bool resume);
/*
 * Removes the blobs that `is_used` (name: as oci_blob_name() has it) says nothing needs, and what
 * fetches that were ended left; nothing while somebody has the store open. With dry_run they are
 * only counted. *ret_bytes: of the disk.
 */
bool blobs_prune(bool (*is_used)(void *arg, const char *name), void *arg, bool dry_run,
                 int64_t *ret_bytes, struct pyro_error *err) MUST_CHECK;

#endif
