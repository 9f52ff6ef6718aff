/*
 * The layers of a workspace's disk, as its record has them: a tree of overlays above the
 * environment's image, and which of them is active, which is the baseline, and which ones snapshots
 * name.
 *
 * Layer 0 is the environment's image, layer 1 is disk.qcow2, layer N is layers/N.qcow2. Only the
 * active one is ever written; the rest are frozen. An environment may have layers of its own above
 * its image: they are the first ones, up to the origin. Frozen layers may be shared with an
 * environment or another workspace, by hard links. A layer is listed before anything is written to
 * it and forgotten before its file is removed, so a file that no record lists is debris, even after
 * a crash: disk_layers_sweep().
 */
#ifndef PYRO_LAYERS_H
#define PYRO_LAYERS_H

#include <stdint.h>

#include "vmm/base/json.h"
#include "vmm/disk.h"

#define DISK_LAYER_BASE 0
#define SNAPSHOT_NAME_MAX 64
#define SNAPSHOT_BASELINE "baseline"

struct disk_tree_layer {
    uint32_t id, parent;
};

struct disk_snapshot {
    char name[SNAPSHOT_NAME_MAX + 1];
    uint32_t layer; /* names this layer and those below it */
    double created_at;
    bool memory; /* with the machine's memory (memory_files.h) */
};

struct disk_layers {
    struct disk_tree_layer *items; /* in the order of their ids, without the base */
    size_t count;
    struct disk_snapshot *snapshots; /* in the order they were made */
    size_t snapshot_count;
    uint32_t active;   /* the one that the machine writes to */
    uint32_t origin;   /* the environment's topmost one; DISK_LAYER_BASE: it is its image */
    uint32_t baseline; /* left by `create`; the origin without a seed */
    double baseline_at;
    uint32_t booted; /* active when the machine was started; 0: not known */
    uint32_t next;   /* the id of the next new layer */
};

/* A new disk: disk.qcow2 on the image. */
void disk_layers_init(struct disk_layers *l);
/* The same on an environment that has `count` layers on its image, fewer than DISK_LAYERS_MAX: 1 to
 * count, and the active one above. */
void disk_layers_init_above(struct disk_layers *l, unsigned count);
/*
 * A disk that goes on from layer `top` of another, with a new active layer: the layers below it by
 * their ids, the same baseline, and no snapshots. PYRO_SNAPSHOT_STATE as for disk_layers_add().
 */
bool disk_layers_fork(const struct disk_layers *l, uint32_t top, struct disk_layers *ret,
                      struct pyro_error *err) MUST_CHECK;
void disk_layers_release(struct disk_layers *l);
/* From a record's member "disk"; NULL (a record older than layers) is a new disk. */
bool disk_layers_parse(const json_t *j, struct disk_layers *ret, struct pyro_error *err) MUST_CHECK;
/* New. */
json_t *disk_layers_to_json(const struct disk_layers *l);

/*
 * Lists a new layer on `parent`; the caller makes it active, and creates its file.
 * PYRO_SNAPSHOT_STATE when the chain would become too long.
 */
bool disk_layers_add(struct disk_layers *l, uint32_t parent, uint32_t *ret_id,
                     struct pyro_error *err) MUST_CHECK;
/* Forgets layers that neither the active one, nor the baseline, nor a snapshot needs. */
void disk_layers_collect(struct disk_layers *l);
/* `into`, the layer below `from`, has absorbed `from`, and takes its place. */
void disk_layers_join(struct disk_layers *l, uint32_t from, uint32_t into);
/* `id` has absorbed everything between it and `below`, a layer below it, and is now based on
 * that. */
void disk_layers_rebase(struct disk_layers *l, uint32_t id, uint32_t below);
/* The layer below; DISK_LAYER_BASE at the end. */
uint32_t disk_layers_parent(const struct disk_layers *l, uint32_t id);
/* Whether `below` is `id` itself or a layer below it. */
bool disk_layers_is_based_on(const struct disk_layers *l, uint32_t id, uint32_t below);
/* Number of layers in a chain from the base up to this one, both included. */
unsigned disk_layers_depth(const struct disk_layers *l, uint32_t id);

/* Whether the active chain has room for another snapshot. */
bool disk_layers_has_room(const struct disk_layers *l);

/* NULL when there is none of that name; `baseline` does not count. */
struct disk_snapshot *disk_layers_find(const struct disk_layers *l, const char *name);
/* The layer that a name means, `baseline` included. PYRO_SNAPSHOT_NOT_FOUND. */
bool disk_layers_resolve(const struct disk_layers *l, const char *name, uint32_t *ret_id,
                         struct pyro_error *err) MUST_CHECK;
/* Checks a name for a new snapshot: its form, `baseline`, taken (PYRO_NAME_TAKEN). */
bool disk_layers_check_new(const struct disk_layers *l, const char *name,
                           struct pyro_error *err) MUST_CHECK;
void disk_layers_name(struct disk_layers *l, const char *name, uint32_t layer, double created_at);
/* PYRO_SNAPSHOT_NOT_FOUND, or PYRO_SNAPSHOT_STATE for `baseline`. */
bool disk_layers_unname(struct disk_layers *l, const char *name, struct pyro_error *err) MUST_CHECK;

/* The file of a layer (not the base), relative to the workspace's directory, into ret[32]. */
void disk_layer_file(uint32_t id, char ret[32]);
/* Creates the empty file of a layer, its name synced to the disk. */
bool disk_layer_create(int dirfd, uint32_t id, uint64_t size_bytes,
                       struct pyro_error *err) MUST_CHECK;
/*
 * A new layer on `parent`, with its file, as the active one; the caller saves the record, or undoes it.
 * First removes the files that a process left that was killed before it saved one. Nothing has changed
 * when it fails.
 */
bool disk_layers_push(int dirfd, struct disk_layers *l, uint32_t parent, uint64_t size_bytes,
                      struct pyro_error *err) MUST_CHECK;
/* Back to a layer that was active. */
void disk_layers_undo_push(int dirfd, struct disk_layers *l, uint32_t active);
/* Makes the file of another's frozen layer that of a layer of this disk too (file_share.h). */
bool disk_layer_share(const char *path, int dirfd, uint32_t id, struct pyro_error *err) MUST_CHECK;
/* Removes the files of layers that are not listed. Failures are left to the next sweep. */
void disk_layers_sweep(int dirfd, const struct disk_layers *l);
/* Whether there are files of layers other than the first one. */
bool disk_layers_any(int dirfd);
/* Whether the layer's file has other names: then somebody else has it, and it must stay as it is.
 * True when that cannot be told. */
bool disk_layer_is_shared(int dirfd, uint32_t id);
/* Disk space of the layer's file on the host; 0 for the base. */
int64_t disk_layer_bytes(int dirfd, uint32_t id);

/* A chain with the paths it names. */
struct disk_layer_chain {
    struct disk_chain chain;
    char *paths[DISK_LAYERS_MAX]; /* owned */
};
/*
 * From the base up to layer `top`. `dir_path`: the workspace's directory, absolute.
 * PYRO_RECORD_INVALID when the record's layers do not form a chain.
 */
bool disk_layers_chain(const struct disk_layers *l, uint32_t top, const char *base_path,
                       const char *dir_path, struct disk_layer_chain *ret,
                       struct pyro_error *err) MUST_CHECK;
void disk_layer_chain_release(struct disk_layer_chain *c);
#define scoped_layer_chain __attribute__((cleanup(disk_layer_chain_release)))

#endif
