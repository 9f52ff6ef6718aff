/* Small things that a registry has, whole and in memory: manifests, and blobs that are documents. */
#ifndef PYRO_FETCH_DOCUMENT_H
#define PYRO_FETCH_DOCUMENT_H

#include "engine/fetch/client.h"

struct document {
    struct buf bytes;
    char *media_type;
    const char *wanted;           /* its digest; NULL: whatever the tag means */
    int64_t size;                 /* as it was described; -1: it was not */
    char digest[OCI_DIGEST_SIZE]; /* as it is */
    bool is_head;                 /* only the head is wanted */
    const char *what;             /* what errors call it: "the manifest" */
};
#define DOCUMENT_INIT                                                                              \
    { .bytes = BUF_INIT(OCI_DOCUMENT_BYTES_MAX), .size = -1, .what = "the manifest" }
void document_release(struct document *d);
#define scoped_document __attribute__((cleanup(document_release))) struct document

/* The manifest of that tag or digest, in place of what *d has. `endpoint` is the first to be asked. */
bool document_get_manifest(struct client *c, const char *name, unsigned endpoint,
                           struct document *d, struct pyro_error *err) MUST_CHECK;
/* The same of any path below the repository, of the types that are accepted (NULL: any). */
bool document_get(struct client *c, const char *path, const char *accept, unsigned endpoint,
                  struct document *d, struct pyro_error *err) MUST_CHECK;

#endif
