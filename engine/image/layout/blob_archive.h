/*
 * The archive that an image layout (image-layout.md) is handed on in: a tar of blobs named by their
 * digests, which are known only once their bytes are written. So it goes to a file, and the header
 * of a member is written after its content.
 */
#ifndef PYRO_IMAGE_BLOB_ARCHIVE_H
#define PYRO_IMAGE_BLOB_ARCHIVE_H

#include "engine/hash/hash.h"

struct blob_archive {
    int fd;
    uint64_t end;   /* of the last member */
    uint64_t bytes; /* of the blob that is being written */
    struct hash hash;
};

/* A blob that was written, and where in the file its bytes are. */
struct written_blob {
    char digest[OCI_DIGEST_SIZE];
    uint64_t size, offset;
};

/* Begins one in an empty file. Release *a in any case. */
bool blob_archive_begin(struct blob_archive *a, int fd, struct pyro_error *err) MUST_CHECK;
/* A blob, in pieces; what it is once it ends. */
bool blob_archive_open(struct blob_archive *a, struct pyro_error *err) MUST_CHECK;
bool blob_archive_add(struct blob_archive *a, const void *bytes, size_t n,
                      struct pyro_error *err) MUST_CHECK;
bool blob_archive_close(struct blob_archive *a, struct written_blob *ret,
                        struct pyro_error *err) MUST_CHECK;
/* A file of another name, whole. */
bool blob_archive_file(struct blob_archive *a, const char *name, const void *bytes, size_t n,
                       struct pyro_error *err) MUST_CHECK;
/* Ends it; how many bytes it has. */
bool blob_archive_end(struct blob_archive *a, uint64_t *ret_bytes,
                      struct pyro_error *err) MUST_CHECK;
void blob_archive_release(struct blob_archive *a);
#define scoped_blob_archive __attribute__((cleanup(blob_archive_release))) struct blob_archive

#endif
