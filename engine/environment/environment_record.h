/* The record of an installed environment, NAME.json in the environment cache. */
#ifndef PYRO_ENVIRONMENT_RECORD_H
#define PYRO_ENVIRONMENT_RECORD_H

#include "engine/state/file_state.h"
#include "vmm/base/error.h"

#define ENVIRONMENT_RECORD_SUFFIX ".json"
#define ENVIRONMENT_PULL_PREFIX "pull-" /* pull-KEY: the work directory of a pull */
#define ENVIRONMENT_LOCK_PREFIX "lock-"
#define ENVIRONMENT_RECORD_VERSION 1

/* base.ext4, as it was when all of it was read. */
struct environment_image {
    char *digest, *head_digest; /* "xxh3:HEX"; the head is its first blocks */
    struct file_state state;
    int64_t image_bytes; /* its length */
    int64_t size_bytes;  /* disk space */
    char *written_in;    /* proc_boot_id() of when it was written; NULL: it is on the disk */
};

struct environment_record {
    char *name;            /* "debian:12" */
    char *catalog_version; /* of the pyro that installed it */
    char *directory;       /* the installation's, a name in the cache */
    char *source;          /* "debian-packages", "registry", "archive" or "workspace" */
    json_t *packages;      /* names of the requested ones */
    json_t *passed_over;   /* [{source, reason}]: what was tried before; NULL: nothing was */
    /* Of an image of OCI or Docker; else NULL: */
    char *reference;        /* what it was asked for by, or is called in its archive */
    char *reference_digest; /* what that meant then: the digest of a manifest or an index */
    char *manifest_digest;  /* "sha256:HEX"; NULL too for one that has no manifest */
    char *config_digest;
    json_t *config;   /* oci_config_save() */
    json_t *layers;   /* [{digest, diff_id, size_bytes, compression}], the lowest first */
    json_t *supplied; /* directories in it that no layer has; NULL: not known */
    struct environment_image image;
    /* Of one that was made of a workspace, whose disk has layers above the image; else NULL: */
    json_t *overlays;   /* overlays.h; of N.qcow2 beside the image, from 1 on, the lowest first */
    char *stack_digest; /* of the image and the overlays */
    char *workspace;    /* what the workspace was called; NULL: it was there for a command alone */
    char *built_from;   /* the environment that this command ran in */
    json_t
        *base; /* {name, reference, …}: the environment that the workspace was made of, if known */
    double installed_at;
};
void environment_record_release(struct environment_record *r);
#define scoped_environment_record                                                                  \
    __attribute__((cleanup(environment_record_release))) struct environment_record

/* Where an environment came from. One from an archive or a workspace cannot be had again: nothing but
 * a remove of its own removes it. */
#define ENVIRONMENT_FROM_PACKAGES "debian-packages"
#define ENVIRONMENT_FROM_REGISTRY "registry"
#define ENVIRONMENT_FROM_ARCHIVE "archive"
#define ENVIRONMENT_FROM_WORKSPACE "workspace"

/* The name as file names have it, "debian@12" or "docker.io+library+python@3"; of a long one, its
 * beginning and a digest. The key of a key is itself. The caller frees. */
char *environment_key(const char *name);
/* Fails with PYRO_ENVIRONMENT_BROKEN, and says how to repair it. */
bool environment_fail_broken(const char *name, const char *why, struct pyro_error *err);
/*
 * Reads NAME's, by its name or key. PYRO_ENVIRONMENT_NOT_FOUND with sys_errno ENOENT: it is not installed;
 * PYRO_RECORD_INVALID: a newer pyro wrote it; PYRO_ENVIRONMENT_BROKEN: it is damaged. *ret has been
 * zeroed, and is to be released in any case.
 */
bool environment_record_load(const char *cache_dir, const char *name,
                             struct environment_record *ret, struct pyro_error *err) MUST_CHECK;
/* The digest of all that it is: what a template's key holds. Borrowed. */
const char *environment_record_digest(const struct environment_record *r);
/* On the disk when it returns, unless the image may not be there either. */
bool environment_record_save(const char *cache_dir, const char *name,
                             const struct environment_record *r, struct pyro_error *err) MUST_CHECK;

#endif
