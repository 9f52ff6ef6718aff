/* engine/fetch/request.c: what is done with each answer, and the loop around it. */
#include "engine/fetch/request.h"

#include <stdio.h>
#include <string.h>

#include "engine/fetch/login.h"
#include "engine/fetch/report.h"
#include "vmm/base/fs.h"

#define HOPS_MAX 5
#define TRIES_MAX 4
#define LOGINS_MAX 3
#define WAIT_SECONDS_MAX 60
#define PROGRESS_BYTES (1024 * 1024) /* a try that got so much did not fail */
#define POLL_MS 200
#define SEND_BUFFER_BYTES (512 * 1024L)
#define SEND_STALL_TIMES 4 /* a registry may read all of a layer again before it answers */

static const char *name_of(const struct request *r)
{
    return r->client->job->endpoints[r->endpoint].name;
}

static bool is_last(const struct request *r)
{
    return r->endpoint + 1 == r->client->job->endpoint_count;
}

static bool is_upload(const struct request *r)
{
    return r->method == REQUEST_POST || r->method == REQUEST_PUT;
}

static bool is_success(const struct request *r)
{
    return is_upload(r) ? r->response.status / 100 == 2 : response_is_success(&r->response);
}

/* --- what comes in --- */

static size_t request_on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct request *r = arg;

    if (response_take_header(&r->response, bytes, size * count))
        return size * count;
    pyro_fail(&r->err, PYRO_PULL_FAILED, "%s sends a head of more than %d bytes", name_of(r),
              RESPONSE_HEADERS_MAX);
    return 0;
}

/* Before the first byte of a body that is wanted, or at the end of one that has none. */
static bool begin(struct request *r)
{
    if (r->begun)
        return true;
    if (r->response.status == 206 && r->from && !response_begins_at(&r->response, r->from))
        return pyro_fail(&r->err, PYRO_PULL_FAILED, "%s continues %s at another place than asked",
                         name_of(r), r->what);
    if (r->response.status == 200)
        r->from = 0;
    r->begun = true;
    return r->sink->begin(r->arg, &r->response, r->from, &r->err);
}

static size_t request_on_data(char *bytes, size_t size, size_t count, void *arg)
{
    struct request *r = arg;
    size_t n = size * count;

    if (!is_success(r)) {
        size_t room = r->response.error_body.max - r->response.error_body.len;
        return buf_append(&r->response.error_body, bytes, n < room ? n : room) ? n : 0;
    }
    if (!begin(r) || !r->sink->data(r->arg, bytes, n, &r->err))
        return 0;
    r->got += (int64_t)n;
    return n;
}

/* --- what goes out --- */

static size_t request_on_read(char *ret, size_t size, size_t count, void *arg)
{
    struct request_body *b = ((struct request *)arg)->body;
    int64_t left = b->size - b->sent;
    size_t n = left < (int64_t)(size * count) ? (size_t)left : size * count;
    ssize_t got = n ? fs_pread_full(b->fd, ret, n, (off_t)(b->offset + b->sent)) : 0;

    if (got != (ssize_t)n) {
        pyro_fail_errno(&((struct request *)arg)->err, "read what is to be sent");
        return CURL_READFUNC_ABORT;
    }
    b->sent += got;
    return (size_t)got;
}

/* libcurl goes back to the beginning where it has to send again. */
static int request_on_seek(void *arg, curl_off_t offset, int origin)
{
    struct request_body *b = ((struct request *)arg)->body;

    if (origin != SEEK_SET || offset < 0 || offset > b->size)
        return CURL_SEEKFUNC_FAIL;
    b->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static bool add_body(struct request *r)
{
    CURL *easy = r->call.easy;

    if (r->method == REQUEST_POST) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        return curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L) == CURLE_OK;
    }
    r->body->sent = 0;
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body->size);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, request_on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, r);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, request_on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, r);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                     (long)(r->client->job->stall_seconds * SEND_STALL_TIMES));
    return call_add_header(&r->call, "Content-Type", r->body->media_type, &r->err);
}

/* --- starting --- */

static bool prepare(struct request *r)
{
    struct client *c = r->client;
    scoped_free char *own = client_url(c, r->endpoint, r->path);
    const char *url = r->url ? r->url : own;
    struct place place;
    CURL *easy;

    if (!call_init(&r->call, c, r->endpoint, url, &r->err) || !place_of(url, &place, &r->err))
        return false;
    easy = r->call.easy;
    r->shown = false;
    r->is_at_home = place_is_same(&place, &c->endpoints[r->endpoint].place);
    if (r->is_at_home && !login_add(&r->call, c, r->endpoint, &r->shown, &r->err))
        return false;
    if (r->accept && !call_add_header(&r->call, "Accept", r->accept, &r->err))
        return false;
    if (r->from) {
        scoped_free char *range = str_printf("%lld-", (long long)r->from);
        curl_easy_setopt(easy, CURLOPT_RANGE, range);
    }
    curl_easy_setopt(easy, CURLOPT_NOBODY, r->method == REQUEST_HEAD ? 1L : 0L);
    if (is_upload(r) && !add_body(r))
        return false;
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, request_on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, request_on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
    return true;
}

/* The end at this endpoint: the next one is asked, if there is one. */
static void give_up(struct request *r)
{
    free(r->url);
    r->url = NULL;
    if (is_last(r)) {
        r->state = REQUEST_FAILED;
        return;
    }
    report_note("%s of the mirror %s: %s; asking %s", r->what, name_of(r), r->err.message,
                r->client->job->endpoints[r->endpoint + 1].name);
    r->err = (struct pyro_error){ 0 };
    r->endpoint++;
    r->hops = r->tries = r->logins = 0;
    r->shown_fresh = r->from_start = false;
    r->state = REQUEST_NEW;
}

static void start(struct request *r)
{
    call_release(&r->call);
    response_release(&r->response);
    r->begun = false;
    r->got = 0;
    r->from = r->sink->have && !r->from_start ? r->sink->have(r->arg) : 0;
    if (!prepare(r)) {
        give_up(r);
        return;
    }
    if (curl_multi_add_handle(r->client->multi, r->call.easy) != CURLM_OK) {
        pyro_no_memory(&r->err, NULL);
        give_up(r);
        return;
    }
    r->state = REQUEST_RUNNING;
}

/* --- ends of a try --- */

/* Once more in a while, if it has not been tried too often; r->err says what was wrong. */
static void try_again(struct request *r, int64_t wait_ms)
{
    uint8_t chance;

    if (r->is_once) {
        r->is_passing = true;
        r->wait_ms = wait_ms;
        give_up(r);
        return;
    }
    if (r->got >= PROGRESS_BYTES)
        r->tries = 0;
    if (++r->tries >= TRIES_MAX) {
        give_up(r);
        return;
    }
    random_bytes(&chance, 1);
    if (wait_ms < 0)
        wait_ms = (int64_t)(500 << r->tries) + 2 * chance;
    free(r->url);
    r->url = NULL;
    r->hops = 0;
    r->wait_until_ms = clock_ms() + wait_ms;
    r->state = REQUEST_WAITING;
    report_doing("%s; trying again in %lld s", r->err.message, (long long)(wait_ms + 999) / 1000);
    r->err = (struct pyro_error){ 0 };
}

static bool is_passing_code(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

static void on_broken(struct request *r, CURLcode code)
{
    scoped_free char *own = client_url(r->client, r->endpoint, r->path);
    struct client_endpoint *endpoint = &r->client->endpoints[r->endpoint];

    endpoint->is_reached |= r->got > 0; /* the first answer may be what broke off */
    if (r->err.code != PYRO_OK) {
        give_up(r); /* it was not the connection */
    } else if (!r->url && client_use_plain(r->client, r->endpoint, code)) {
        r->state = REQUEST_NEW;
    } else {
        call_fail(&r->call, r->url ? r->url : own, code, &r->err);
        if (is_passing_code(code) && endpoint->is_reached)
            try_again(r, -1);
        else
            give_up(r);
    }
}

static void on_redirect(struct request *r)
{
    scoped_free char *own = client_url(r->client, r->endpoint, r->path);
    char *next = NULL;

    if (is_upload(r))
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s redirects what is sent to it: refused",
                  name_of(r));
    else if (++r->hops > HOPS_MAX)
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s leads on and on: more than %d redirects",
                  name_of(r), HOPS_MAX);
    else if (!r->response.location)
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s redirects to nowhere", name_of(r));
    else
        next = place_join(r->url ? r->url : own, r->response.location, &r->err);
    if (!next) {
        give_up(r);
        return;
    }
    free(r->url);
    r->url = next;
    r->state = REQUEST_NEW;
}

static void on_unauthorized(struct request *r)
{
    enum login_shown shown = !r->shown ? LOGIN_NOTHING : r->shown_fresh ? LOGIN_FRESH : LOGIN_KEPT;

    if (!r->is_at_home) {
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s leads to a server that wants a login of its own",
                  name_of(r));
        give_up(r);
        return;
    }
    if (++r->logins > LOGINS_MAX ||
        !login_satisfy(r->client, r->endpoint, &r->response.challenge, shown, &r->err)) {
        if (r->err.code == PYRO_OK)
            pyro_fail(&r->err, PYRO_PULL_FAILED, "%s asks for a login again and again", name_of(r));
        give_up(r);
        return;
    }
    r->shown_fresh = true;
    r->state = REQUEST_NEW;
}

static bool is_passing_status(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

/* What a registry says to one who pushes. */
static void fail_push(struct request *r, const char *said)
{
    const char *repository = r->client->job->repository;

    if (r->response.status == 413) {
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s does not take %s, it is too large: %s", name_of(r),
                  r->what, said);
        pyro_hint(&r->err, "the limit is that of the registry, or of a proxy before it");
    } else if (r->response.status == 403) {
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s does not let this user push to %s: %s", name_of(r),
                  repository, said);
        login_hint(r->client, r->endpoint, &r->err);
    } else {
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s does not take %s for %s: %s", name_of(r), r->what,
                  repository, said);
    }
}

static void on_refused(struct request *r)
{
    const struct response *response = &r->response;
    const struct job *job = r->client->job;
    char said[512];

    response_describe_error(response, said, sizeof(said));
    if (response->status == 429) {
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s has had too many requests%s%.40s: %s", name_of(r),
                  response->remaining ? ", with so many left: " : "",
                  response->remaining ? response->remaining : "", said);
        if (r->shown)
            pyro_hint(&r->err, "try again later");
        else
            pyro_hint(&r->err, "try again later, or sign in: 'pyro login %s'", name_of(r));
    } else if (is_upload(r)) {
        fail_push(r, said);
    } else if (response->status == 404) {
        pyro_fail(&r->err, PYRO_ENVIRONMENT_NOT_FOUND, "%s does not have %s of %s: %s", name_of(r),
                  r->what, job->repository, said);
    } else if (response->status == 403) {
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s denies %s of %s: %s", name_of(r), r->what,
                  job->repository, said);
        login_hint(r->client, r->endpoint, &r->err);
    } else {
        pyro_fail(&r->err, PYRO_PULL_FAILED, "%s answers %s", name_of(r), said);
    }
    if (is_passing_status(response->status)) {
        int64_t seconds = response_retry_after(response, WAIT_SECONDS_MAX);
        try_again(r, seconds < 0 ? -1 : seconds * 1000);
    } else {
        give_up(r);
    }
}

static void on_answer(struct request *r)
{
    int status = r->response.status;

    r->status = status;
    r->client->endpoints[r->endpoint].is_reached = true;
    if (is_success(r)) {
        if (begin(r) && r->sink->end(r->arg, &r->response, &r->err))
            r->state = REQUEST_DONE;
        else
            give_up(r);
    } else if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) {
        on_redirect(r);
    } else if (status == 401) {
        on_unauthorized(r);
    } else if (status == 416 && r->from) {
        r->from_start = true;
        r->state = REQUEST_NEW;
    } else {
        on_refused(r);
    }
}

/* --- the loop --- */

static void take_ended(struct client *c)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(c->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        struct request *r = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&r);
        curl_multi_remove_handle(c->multi, easy);
        if (code == CURLE_OK)
            on_answer(r);
        else
            on_broken(r, code);
    }
}

/* Starts what may start; whether anything is left, or NULL in *ret_failed. */
static bool step(struct request *requests, unsigned count, struct request **ret_failed)
{
    unsigned running = 0, ended = 0;

    for (unsigned i = 0; i < count; i++) {
        struct request *r = &requests[i];
        if (r->state == REQUEST_WAITING && clock_ms() >= r->wait_until_ms)
            r->state = REQUEST_NEW;
        if (r->state == REQUEST_NEW && running < REQUEST_AT_ONCE)
            start(r);
        running += r->state == REQUEST_RUNNING || r->state == REQUEST_WAITING;
        ended += r->state == REQUEST_DONE;
        if (r->state == REQUEST_FAILED)
            *ret_failed = r;
    }
    return ended < count && !*ret_failed;
}

bool requests_run(struct client *c, struct request *requests, unsigned count,
                  void (*tick)(void *arg), void *arg, struct pyro_error *err)
{
    struct request *failed = NULL;

    for (unsigned i = 0; i < count; i++) {
        requests[i].client = c;
        response_init(&requests[i].response);
    }
    while (step(requests, count, &failed)) {
        int running;
        curl_multi_perform(c->multi, &running);
        take_ended(c);
        if (tick)
            tick(arg);
        if (running)
            curl_multi_poll(c->multi, NULL, 0, POLL_MS, NULL);
        else
            curl_multi_poll(c->multi, NULL, 0, POLL_MS / 10, NULL);
    }
    for (unsigned i = 0; i < count; i++) {
        if (requests[i].state == REQUEST_RUNNING)
            curl_multi_remove_handle(c->multi, requests[i].call.easy);
        call_release(&requests[i].call);
        response_release(&requests[i].response);
        free(requests[i].url);
    }
    if (failed)
        pyro_copy(err, &failed->err);
    return !failed;
}
