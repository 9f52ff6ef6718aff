/*
 * vmm/disk.c: overlays and chains.
 *
 * The qcow2 header is written here (specification: docs/interop/qcow2.txt of QEMU): starting
 * qemu-img for it would cost tens of milliseconds of every workspace's creation. An empty image is
 * four clusters: header, refcount table, one refcount block, L1 table.
 */
#include "vmm/disk.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/big_endian.h"
#include "vmm/base/fs.h"

#define CLUSTER_BITS 16
#define CLUSTER_SIZE (1U << CLUSTER_BITS)
#define BYTES_PER_L1_ENTRY ((uint64_t)CLUSTER_SIZE * (CLUSTER_SIZE / 8))
#define SIZE_MAX_BYTES (BYTES_PER_L1_ENTRY * (CLUSTER_SIZE / 8)) /* what one cluster of L1 maps */

#define QCOW2_MAGIC 0x514649fbU
#define QCOW2_HEADER_SIZE 104

enum { CLUSTER_HEADER, CLUSTER_REFCOUNT_TABLE, CLUSTER_REFCOUNT_BLOCK, CLUSTER_L1, CLUSTER_COUNT };

static void put_be16(uint8_t *at, uint16_t v)
{
    v = htobe16(v);
    memcpy(at, &v, sizeof(v));
}

static bool write_at(int fd, const uint8_t *bytes, size_t n, unsigned cluster,
                     struct pyro_error *err)
{
    return fs_pwrite_all(fd, bytes, n, (off_t)cluster << CLUSTER_BITS) ||
           pyro_fail_errno(err, "write a disk overlay");
}

static bool write_empty_qcow2(int fd, uint64_t size_bytes, struct pyro_error *err)
{
    uint8_t header[QCOW2_HEADER_SIZE + 8] = { 0 }; /* ends with an empty extension */
    uint8_t table[8], counts[2 * CLUSTER_COUNT];

    put_be32(header, QCOW2_MAGIC);
    put_be32(header + 4, 3); /* version */
    put_be32(header + 20, CLUSTER_BITS);
    put_be64(header + 24, size_bytes);
    put_be32(header + 36, (uint32_t)((size_bytes + BYTES_PER_L1_ENTRY - 1) / BYTES_PER_L1_ENTRY));
    put_be64(header + 40, (uint64_t)CLUSTER_L1 << CLUSTER_BITS);
    put_be64(header + 48, (uint64_t)CLUSTER_REFCOUNT_TABLE << CLUSTER_BITS);
    put_be32(header + 56, 1); /* clusters of the refcount table */
    put_be32(header + 96, 4); /* refcounts of 1 << 4 bits */
    put_be32(header + 100, QCOW2_HEADER_SIZE);
    put_be64(table, (uint64_t)CLUSTER_REFCOUNT_BLOCK << CLUSTER_BITS);
    for (unsigned i = 0; i < CLUSTER_COUNT; i++)
        put_be16(counts + 2 * i, 1);
    if (ftruncate(fd, (off_t)CLUSTER_COUNT << CLUSTER_BITS) != 0)
        return pyro_fail_errno(err, "write a disk overlay");
    return write_at(fd, table, sizeof(table), CLUSTER_REFCOUNT_TABLE, err) &&
           write_at(fd, counts, sizeof(counts), CLUSTER_REFCOUNT_BLOCK, err) &&
           write_at(fd, header, sizeof(header), CLUSTER_HEADER, err);
}

bool disk_create_overlay(int dirfd, const char *name, uint64_t size_bytes, struct pyro_error *err)
{
    scoped_close int fd = -1;

    if (size_bytes == 0 || size_bytes % 512 || size_bytes > SIZE_MAX_BYTES)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a disk of %llu bytes is not possible",
                         (unsigned long long)size_bytes);
    fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return pyro_fail_errno(err, "create disk '%s'", name);
    if (write_empty_qcow2(fd, size_bytes, err))
        return true;
    unlinkat(dirfd, name, 0);
    return false;
}

/*
 * Accepts only headers as this file writes them and QEMU changes them in use: version 3, no backing
 * name, no encryption, no feature that changes the layout. Above all no external data file, whose
 * name would come from the header.
 */
static bool check_qcow2(int fd, const char *path, uint64_t *ret_size, struct pyro_error *err)
{
    const uint64_t allowed = 1 | 2; /* dirty, corrupt */
    uint8_t h[QCOW2_HEADER_SIZE];

    if (fs_pread_full(fd, h, sizeof(h), 0) != (ssize_t)sizeof(h))
        return pyro_fail(err, PYRO_RECORD_INVALID, "disk '%s' is truncated", path);
    if (be32_at(h) != QCOW2_MAGIC || be32_at(h + 4) != 3)
        return pyro_fail(err, PYRO_RECORD_INVALID, "disk '%s' is not qcow2, version 3", path);
    if ((be64_at(h + 8) && be32_at(h + 16)) || be32_at(h + 32) || (be64_at(h + 72) & ~allowed))
        return pyro_fail(err, PYRO_RECORD_INVALID,
                         "the header of disk '%s' has a feature that pyro never sets", path);
    *ret_size = be64_at(h + 24);
    return true;
}

bool disk_check_layer(int fd, const struct disk_layer *layer, uint64_t *ret_bytes,
                      struct pyro_error *err)
{
    struct stat st;
    uint64_t size;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "disk '%s'", layer->path);
    if (!S_ISREG(st.st_mode))
        return pyro_fail(err, PYRO_RECORD_INVALID, "disk '%s' is not a regular file", layer->path);
    size = (uint64_t)st.st_size;
    if (layer->format == DISK_QCOW2 && !check_qcow2(fd, layer->path, &size, err))
        return false;
    if (size == 0 || size % 512 || size > SIZE_MAX_BYTES)
        return pyro_fail(err, PYRO_RECORD_INVALID, "disk '%s' has an impossible size", layer->path);
    *ret_bytes = size;
    return true;
}

bool disk_virtual_size(const struct disk_layer *layer, uint64_t *ret_bytes, struct pyro_error *err)
{
    scoped_close int fd = open(layer->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return pyro_fail_errno(err, "disk '%s'", layer->path);
    return disk_check_layer(fd, layer, ret_bytes, err);
}

struct disk_chain disk_chain_of(const char *base_path, const char *overlay_path)
{
    return (struct disk_chain){
        .layers = { { base_path, DISK_RAW, 0 }, { overlay_path, DISK_QCOW2, 1 } }, .count = 2
    };
}

/* Where modes cannot be changed, the jail around QEMU notices. */
static void set_mode(int fd, bool writable)
{
    struct stat st;
    mode_t wanted;

    if (fstat(fd, &st) != 0 || st.st_uid != geteuid())
        return;
    wanted = writable ? st.st_mode | 0200 : st.st_mode & ~(mode_t)0222;
    if (wanted != st.st_mode)
        (void)!fchmod(fd, wanted & 07777);
}

int disk_open_layer(int dirfd, const char *path, bool writable, struct pyro_error *err)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    scoped_close int fd = openat(dirfd, path, O_RDONLY | flags);

    if (fd >= 0)
        set_mode(fd, writable);
    if (fd >= 0 && writable) {
        close(fd);
        fd = openat(dirfd, path, O_RDWR | flags);
    }
    if (fd < 0) {
        pyro_fail_errno(err, "disk '%s'", path);
        return -1;
    }
    return take_fd(&fd);
}

bool disk_is_untouched(int dirfd, const char *path)
{
    scoped_close int fd = openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char found[CLUSTER_SIZE], zeros[CLUSTER_SIZE] = { 0 };
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && st.st_size == (off_t)CLUSTER_COUNT << CLUSTER_BITS &&
           fs_pread_full(fd, found, sizeof(found), (off_t)CLUSTER_L1 << CLUSTER_BITS) ==
               (ssize_t)sizeof(found) &&
           memcmp(found, zeros, sizeof(found)) == 0;
}

bool disk_clear_overlay(int dirfd, const char *name, struct pyro_error *err)
{
    scoped_close int fd = disk_open_layer(dirfd, name, true, err);
    struct disk_layer layer = { .path = name, .format = DISK_QCOW2 };
    uint8_t header[QCOW2_HEADER_SIZE];
    static const uint8_t zeros[CLUSTER_SIZE];
    uint64_t size, at;

    if (fd < 0 || !disk_check_layer(fd, &layer, &size, err))
        return false;
    if (fs_pread_full(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header))
        return pyro_fail_errno(err, "disk '%s'", name);
    at = be64_at(header + 40);
    if (!at || at % CLUSTER_SIZE || at > size + CLUSTER_SIZE * CLUSTER_COUNT)
        return pyro_fail(err, PYRO_RECORD_INVALID, "disk '%s' has an impossible table", name);
    if (!fs_pwrite_all(fd, zeros, sizeof(zeros), (off_t)at) || fdatasync(fd) != 0)
        return pyro_fail_errno(err, "disk '%s'", name);
    return true;
}

void disk_node_name(unsigned id, char *ret)
{
    snprintf(ret, DISK_NODE_NAME_MAX, "layer%u", id);
}

/*
 * One node (format and file), without the layers below it. The file is not told whether it is
 * read-only: so it follows its node, also when QEMU opens that again the other way.
 *
 * QEMU locks a file by its bytes, and a read-only descriptor is enough for a lock that keeps all
 * others out. Layers that are not written are shared, the base by all workspaces: no locks there.
 *
 * A machine that goes on from a saved state drops its files from the page cache, for a host they may
 * come from had written them: here that host is this one, and the base would be read from the disk
 * again at each start, of all workspaces.
 */
static json_t *layer_node(const struct disk_layer *layer, const char *filename, bool writable)
{
    char name[DISK_NODE_NAME_MAX], file_name[DISK_NODE_NAME_MAX + 8];

    disk_node_name(layer->id, name);
    snprintf(file_name, sizeof(file_name), "%s-file", name);
    return json_pack("{s:s, s:s, s:b, s:s, s:{s:s, s:s, s:s, s:s, s:b, s:s}}", "driver",
                     layer->format == DISK_RAW ? "raw" : "qcow2", "node-name", name, "read-only",
                     !writable, "discard", "unmap", "file", "driver", "file", "node-name",
                     file_name, "filename", filename, "locking", writable ? "auto" : "off",
                     "drop-cache", false, "discard", "unmap");
}

json_t *disk_blockdev_node(const struct disk_layer *layer, const struct disk_layer *below,
                           bool writable)
{
    char filename[32], name[DISK_NODE_NAME_MAX];
    json_t *node;

    snprintf(filename, sizeof(filename), "/dev/fdset/%u", layer->id);
    node = layer_node(layer, filename, writable);
    if (node && layer->throw_away)
        json_object_set_new(json_object_get(node, "file"), "cache",
                            json_pack("{s:b}", "no-flush", true));
    if (!node || layer->format != DISK_QCOW2)
        return node;
    if (below)
        disk_node_name(below->id, name);
    json_object_set_new(node, "backing", below ? json_string(name) : json_null());
    return node;
}

json_t *disk_blockdev_again(const struct disk_layer *layer, const struct disk_layer *below,
                            bool writable)
{
    json_t *node = disk_blockdev_node(layer, below, writable);

    if (node)
        json_object_set(node, "file", json_object_get(json_object_get(node, "file"), "node-name"));
    return node;
}

json_t *disk_blockdev(const struct disk_chain *chain, bool writable,
                      const char *(*file_name)(void *arg, unsigned layer), void *arg)
{
    json_t *below = NULL;

    for (unsigned i = 0; i < chain->count; i++) {
        bool top = i == chain->count - 1;
        json_t *node = layer_node(&chain->layers[i], file_name(arg, i), top && writable);
        if (!node) {
            json_decref(below);
            return NULL;
        }
        if (below)
            json_object_set_new(node, "backing", below);
        else if (chain->layers[i].format == DISK_QCOW2)
            json_object_set_new(node, "backing", json_null()); /* whatever the header says */
        below = node;
    }
    return below;
}

static const char *disk_path_of(void *arg, unsigned layer)
{
    const struct disk_chain *chain = arg;

    return chain->layers[layer].path;
}

static char *json_name_of(struct disk_chain *chain, struct pyro_error *err)
{
    scoped_json json_t *tree = disk_blockdev(chain, false, disk_path_of, chain);
    scoped_free char *text = tree ? json_compact(tree) : NULL;

    if (!text)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a disk's path is not UTF-8");
    return str_printf("json:%s", text);
}

char *disk_json_name(const struct disk_chain *chain, struct pyro_error *err)
{
    struct disk_chain copy = *chain;
    uint64_t size;

    for (unsigned i = 0; i < chain->count; i++)
        if (!disk_virtual_size(&chain->layers[i], &size, err))
            return NULL;
    return json_name_of(&copy, err);
}
