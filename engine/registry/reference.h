/*
 * References to images, as docker and podman read them: [HOST[:PORT]/]NAME[:TAG][@DIGEST]. The first
 * part is a host if it has a dot or a port, or is localhost; without one it is docker.io, where a
 * name of one part is below library/. Without tag and digest the tag is "latest"; where both are
 * given the digest decides, and the tag is only a label.
 */
#ifndef PYRO_REFERENCE_H
#define PYRO_REFERENCE_H

#include "engine/oci/descriptor.h"

#define REFERENCE_NAME_MAX 255 /* of host and repository together */
#define REFERENCE_TAG_MAX 128
#define REFERENCE_SIZE (REFERENCE_NAME_MAX + 1 + REFERENCE_TAG_MAX + 1 + OCI_DIGEST_SIZE)
#define REFERENCE_DOCKER_HUB "docker.io"

struct reference {
    char host[REFERENCE_NAME_MAX + 1];       /* lower case, with its port: "127.0.0.1:5000" */
    char repository[REFERENCE_NAME_MAX + 1]; /* "library/debian" */
    char tag[REFERENCE_TAG_MAX + 1];         /* "": none; then there is a digest */
    char digest[OCI_DIGEST_SIZE];            /* "": none */
};

/* PYRO_INVALID_ARGUMENT, and what is wrong with it. */
bool reference_parse(const char *text, struct reference *ret, struct pyro_error *err) MUST_CHECK;
/* In full: "docker.io/library/debian:12". It reads as the same reference. */
void reference_write(const struct reference *r, char ret[REFERENCE_SIZE]);
/* The host of a registry by itself, "localhost:5000", in lower case; a name of Docker Hub becomes
 * docker.io. PYRO_INVALID_ARGUMENT. */
bool reference_parse_host(const char *text, char ret[REFERENCE_NAME_MAX + 1],
                          struct pyro_error *err) MUST_CHECK;
/* Whether the host is this machine's loopback by its name: localhost, 127.0.0.0/8, ::1. */
bool reference_host_is_loopback(const char *host);

#endif
