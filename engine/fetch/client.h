/*
 * One client of the endpoints of a job: names, certificates and limits, which every call to a
 * server goes through. A call never follows a redirect by itself, and only ever connects to
 * addresses that were checked here.
 */
#ifndef PYRO_FETCH_CLIENT_H
#define PYRO_FETCH_CLIENT_H

#include <curl/curl.h>

#include "engine/fetch/address.h"
#include "engine/fetch/job.h"
#include "engine/fetch/place.h"
#include "engine/fetch/resolver.h"

#define CLIENT_HOSTS_MAX 64

struct client_endpoint {
    struct place place;
    bool is_known;            /* reach is */
    enum address_reach reach; /* of the registry itself */
    bool is_reached;          /* it has answered */
    char *token;              /* of Bearer; NULL: none */
    int64_t token_until_ms;   /* clock_ms() */
    bool uses_basic;
};

struct client_host {
    char name[PLACE_HOST_MAX];
    char addresses[RESOLVER_ANSWER_MAX];
};

struct client {
    const struct job *job;
    int resolver_fd;
    CURLM *multi;
    const struct buf *ca; /* certificates to trust, PEM */
    struct client_endpoint endpoints[JOB_ENDPOINTS_MAX];
    struct client_host hosts[CLIENT_HOSTS_MAX];
    unsigned host_count;
};

/* Before the process is confined: libcurl and its libraries load what they need. */
bool client_prepare(struct client *c, struct pyro_error *err) MUST_CHECK;
bool client_init(struct client *c, const struct job *job, int resolver_fd, const struct buf *ca,
                 struct pyro_error *err) MUST_CHECK;
void client_release(struct client *c);
/* A URL below the endpoint, as it is reached now (https, or http after client_use_plain()); the
 * caller frees. */
char *client_url(const struct client *c, unsigned endpoint, const char *path);
/* Whether this failure of an https call means that it does not talk that, and may be asked by http
 * from now on. */
bool client_use_plain(struct client *c, unsigned endpoint, CURLcode code);

struct call {
    CURL *easy;
    struct curl_slist *headers, *addresses;
    char error[CURL_ERROR_SIZE];
};
#define CALL_HEADER_MAX (80 * 1024)

/* A GET of the URL, which the endpoint led to; nothing is sent yet. */
bool call_init(struct call *call, struct client *c, unsigned endpoint, const char *url,
               struct pyro_error *err) MUST_CHECK;
void call_release(struct call *call);
bool call_add_header(struct call *call, const char *name, const char *value,
                     struct pyro_error *err) MUST_CHECK;
/* What went wrong, for people. */
bool call_fail(const struct call *call, const char *url, CURLcode code, struct pyro_error *err);

#endif
