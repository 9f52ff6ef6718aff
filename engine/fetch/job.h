/*
 * What pyro-fetch is asked to do: one line of JSON on its standard input, from pyro. Credentials
 * are in it and nowhere else.
 */
#ifndef PYRO_FETCH_JOB_H
#define PYRO_FETCH_JOB_H

#include "engine/oci/descriptor.h"

#define JOB_BYTES_MAX (1024 * 1024)
#define JOB_ENDPOINTS_MAX 9 /* mirrors, and last the registry itself */
#define JOB_BLOBS_MAX 64

struct job_endpoint {
    const char *url;                              /* "https://registry-1.docker.io" */
    const char *name;                             /* what its user calls it: "docker.io" */
    const char *user, *password, *identity_token; /* NULL: none */
    json_t *token_hosts;                          /* further hosts that may be sent them */
    bool may_be_plain;                            /* http where it does not talk https */
    bool is_mirror;
};

struct job_blob {
    const char *digest;
    int64_t size;
    int fd;         /* what is in it already is the blob's beginning, or is thrown away */
    int64_t offset; /* of a push: where in the file it is; fd -1: it is not here */
};

struct job {
    json_t *json; /* what the texts below are borrowed from */
    struct job_endpoint endpoints[JOB_ENDPOINTS_MAX];
    unsigned endpoint_count;
    const char *repository;               /* NULL: only is_login has none */
    const char *tag, *digest;             /* of a manifest that is wanted: one of them, or … */
    const char *signature_key;            /* PEM: what it has to be signed with; NULL: nothing */
    const char *known;                    /* the digest that is here already; NULL: none */
    int document_fd;                      /* where the manifest goes; -1: … */
    struct job_blob blobs[JOB_BLOBS_MAX]; /* … these are wanted */
    unsigned blob_count;
    bool is_login;          /* nothing is wanted but to know whether the login is taken */
    bool is_push;           /* the blobs are to be there, and last … */
    const char *manifest;   /* … the one of them with this digest as the manifest; NULL: none yet */
    const char *mount_from; /* a repository of the registry that may have some; NULL: none */
    const char *http_proxy, *https_proxy, *no_proxy;
    int64_t connect_ms, stall_seconds;
};

/* Checked as far as that keeps a mistake of ours from becoming a request. */
bool job_parse(const void *bytes, size_t n, struct job *ret, struct pyro_error *err) MUST_CHECK;
void job_release(struct job *j);

#endif
