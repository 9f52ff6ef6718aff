/* engine/state/digest.c: XXH3 over bytes and over sparse files. */
#include "engine/state/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "vmm/base/buf.h"
#include "vmm/base/fs.h"

#define CHUNK_BYTES 65536

static void write_text(XXH128_hash_t hash, char ret[DIGEST_TEXT_BYTES])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, hash);
    memcpy(ret, "xxh3:", 5);
    hex_encode(&canonical, sizeof(canonical), ret + 5);
}

void digest_bytes(const void *bytes, size_t n, char ret[DIGEST_TEXT_BYTES])
{
    write_text(XXH3_128bits(bytes, n), ret);
}

static void add_number(XXH3_state_t *state, uint64_t n)
{
    uint8_t le[8];

    put_u64(le, n);
    XXH3_128bits_update(state, le, sizeof(le));
}

static bool add_content(XXH3_state_t *state, int fd, int64_t limit, struct pyro_error *err)
{
    static char chunk[CHUNK_BYTES];
    off_t at = 0;

    while (at < limit) {
        off_t data = lseek(fd, at, SEEK_DATA);
        ssize_t n;
        if (data < 0 && errno == ENXIO)
            return true; /* a hole up to the end */
        if (data > at)
            at = data / CHUNK_BYTES * CHUNK_BYTES;
        if (at >= limit)
            return true;
        n = fs_pread_full(fd, chunk, limit - at < CHUNK_BYTES ? (size_t)(limit - at) : CHUNK_BYTES,
                          at);
        if (n < 0)
            return pyro_fail_errno(err, "read");
        if (n == 0)
            return true;
        if (!bytes_are_zero(chunk, (size_t)n)) {
            add_number(state, (uint64_t)at);
            XXH3_128bits_update(state, chunk, (size_t)n);
        }
        at += n;
    }
    return true;
}

bool digest_file_head(int fd, int64_t limit, char ret[DIGEST_TEXT_BYTES], struct pyro_error *err)
{
    XXH3_state_t *state = XXH3_createState();
    bool ok;

    if (!state)
        return pyro_no_memory(err, NULL);
    XXH3_128bits_reset(state);
    ok = add_content(state, fd, limit, err);
    if (ok) {
        add_number(state, (uint64_t)limit);
        write_text(XXH3_128bits_digest(state), ret);
    }
    XXH3_freeState(state);
    return ok;
}

bool digest_file(int fd, char ret[DIGEST_TEXT_BYTES], struct pyro_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "read");
    return digest_file_head(fd, st.st_size, ret, err);
}
