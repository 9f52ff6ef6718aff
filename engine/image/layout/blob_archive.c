/* engine/image/layout/blob_archive.c: ustar headers (POSIX.1-1988), of regular files only. */
#include "engine/image/layout/blob_archive.h"

#include <string.h>

#include "vmm/base/fs.h"

#define BLOCK 512
#define OCTAL_MAX ((1ULL << 33) - 1) /* what eleven octal digits hold */

struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100],
        magic[8], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

/* Beyond 8 GiB the number is binary, as all readers of today take it. */
static void put_size(char ret[12], uint64_t size)
{
    char digits[32];

    if (size <= OCTAL_MAX) {
        snprintf(digits, sizeof(digits), "%011llo", (unsigned long long)size);
        memcpy(ret, digits, 12);
        return;
    }
    for (int i = 11; i > 0; i--, size >>= 8)
        ret[i] = (char)(uint8_t)size;
    ret[0] = (char)0x80;
}

static void make_header(const char *name, uint64_t size, struct header *ret)
{
    const uint8_t *bytes = (const uint8_t *)ret;
    unsigned sum = 0;

    memset(ret, 0, sizeof(*ret));
    memcpy(ret->name, name, strnlen(name, sizeof(ret->name)));
    memcpy(ret->mode, "0000644", 8);
    memcpy(ret->uid, "0000000", 8);
    memcpy(ret->gid, "0000000", 8);
    memcpy(ret->mtime, "00000000000", 12);
    memcpy(ret->magic, "ustar\00000", 8);
    ret->type = '0';
    put_size(ret->size, size);
    memset(ret->checksum, ' ', sizeof(ret->checksum));
    for (size_t i = 0; i < sizeof(*ret); i++)
        sum += bytes[i];
    snprintf(ret->checksum, sizeof(ret->checksum), "%06o", sum);
}

static bool write_at(const struct blob_archive *a, const void *bytes, size_t n, uint64_t at,
                     struct pyro_error *err)
{
    return fs_pwrite_all(a->fd, bytes, n, (off_t)at) || pyro_fail_errno(err, "write the archive");
}

/* The header of what lies behind it, and what fills its last block. */
static bool end_member(struct blob_archive *a, const char *name, uint64_t size,
                       struct pyro_error *err)
{
    static const uint8_t zeros[BLOCK];
    size_t rest = (size_t)(BLOCK - size % BLOCK) % BLOCK;
    struct header h;

    make_header(name, size, &h);
    if (!write_at(a, &h, sizeof(h), a->end, err) ||
        !write_at(a, zeros, rest, a->end + BLOCK + size, err))
        return false;
    a->end += BLOCK + size + rest;
    return true;
}

bool blob_archive_begin(struct blob_archive *a, int fd, struct pyro_error *err)
{
    static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

    *a = (struct blob_archive){ .fd = fd };
    return blob_archive_file(a, "oci-layout", version, strlen(version), err);
}

bool blob_archive_open(struct blob_archive *a, struct pyro_error *err)
{
    a->bytes = 0;
    return hash_begin(&a->hash, NULL, err);
}

bool blob_archive_add(struct blob_archive *a, const void *bytes, size_t n, struct pyro_error *err)
{
    if (!hash_add(&a->hash, bytes, n, err) ||
        !write_at(a, bytes, n, a->end + BLOCK + a->bytes, err))
        return false;
    a->bytes += n;
    return true;
}

bool blob_archive_close(struct blob_archive *a, struct written_blob *ret, struct pyro_error *err)
{
    char name[sizeof(((struct header *)0)->name)];

    if (!hash_end(&a->hash, ret->digest, err))
        return false;
    hash_release(&a->hash);
    snprintf(name, sizeof(name), "blobs/sha256/%.64s", strchr(ret->digest, ':') + 1);
    ret->size = a->bytes;
    ret->offset = a->end + BLOCK;
    return end_member(a, name, a->bytes, err);
}

bool blob_archive_file(struct blob_archive *a, const char *name, const void *bytes, size_t n,
                       struct pyro_error *err)
{
    return write_at(a, bytes, n, a->end + BLOCK, err) && end_member(a, name, n, err);
}

bool blob_archive_end(struct blob_archive *a, uint64_t *ret_bytes, struct pyro_error *err)
{
    static const uint8_t zeros[2 * BLOCK];

    if (!write_at(a, zeros, sizeof(zeros), a->end, err))
        return false;
    *ret_bytes = a->end + sizeof(zeros);
    return true;
}

void blob_archive_release(struct blob_archive *a)
{
    hash_release(&a->hash);
}
