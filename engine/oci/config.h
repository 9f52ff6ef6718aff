/*
 * The configuration of an image (image-spec, config.md): of all that it may hold, what pyro uses.
 * Labels are data: they are kept to be shown, and nothing ever acts on one.
 */
#ifndef PYRO_OCI_CONFIG_H
#define PYRO_OCI_CONFIG_H

#include "engine/oci/manifest.h"

#define OCI_WORDS_MAX 4096       /* of Env, Entrypoint, Cmd, Labels, … each */
#define OCI_WORD_BYTES_MAX 32768 /* of each text */

struct oci_config {
    struct oci_platform platform;
    char (*diff_ids)[OCI_DIGEST_SIZE]; /* of the layers' tars, uncompressed */
    size_t diff_id_count;
    json_t *env;        /* ["NAME=value", …]; names are not checked to be unique */
    json_t *entrypoint; /* [word, …] */
    json_t *cmd;        /* [word, …] */
    json_t *ports;      /* ["80/tcp", …] */
    json_t *volumes;    /* ["/data", …] */
    json_t *labels;     /* {key: text} */
    char *user;         /* "", "name", "1000:1000", …, to be resolved in the image */
    char *working_dir;  /* "": none; absolute */
    char *stop_signal;  /* "": none */
    char *created;      /* RFC 3339; "": not stated */
};

void oci_config_release(struct oci_config *c);
#define scoped_oci_config __attribute__((cleanup(oci_config_release))) struct oci_config

/*
 * Reads a configuration. What is missing or null is empty; a member of another type is refused, and
 * so are texts with a NUL. *ret needs no initialisation, and is to be released in any case.
 */
bool oci_config_parse(const void *bytes, size_t n, struct oci_config *ret,
                      struct pyro_error *err) MUST_CHECK;
/* Fails unless it belongs to this manifest: as many diff_ids as layers. */
bool oci_config_check(const struct oci_config *c, const struct oci_manifest *manifest,
                      struct pyro_error *err) MUST_CHECK;
/*
 * The members above without the diff_ids, {env, entrypoint, …, os, architecture}, new. NULL when out
 * of memory.
 */
json_t *oci_config_save(const struct oci_config *c) MUST_CHECK;

#endif
