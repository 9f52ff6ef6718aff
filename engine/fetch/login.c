/* engine/fetch/login.c: Basic, and tokens from a registry's token server. */
#include "engine/fetch/login.h"

#include <string.h>

#include "engine/fetch/report.h"
#include "engine/fetch/response.h"
#include "engine/fetch/token.h"
#include "vmm/base/fs.h"

#define TOKEN_EARLY_MS 10000 /* renewed before it ends */
#define TOKEN_LIMIT_MS 20000L

/* The known pairs of a registry and a token server of another name. */
static const struct {
    const char *registry, *server;
} known_servers[] = { { "registry-1.docker.io", "auth.docker.io" } };

static bool has_credentials(const struct job_endpoint *e)
{
    return e->user || e->identity_token;
}

bool login_hint(const struct client *c, unsigned endpoint, struct pyro_error *err)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];

    if (c->job->is_login)
        return pyro_hint(err, "check the user name and the password");
    if (has_credentials(e))
        return pyro_hint(
            err, "sign in again with 'pyro login %s', and check what this user may have", e->name);
    return pyro_hint(err, "sign in with 'pyro login %s'", e->name);
}

static bool fail_not_taken(const struct client *c, unsigned endpoint, const char *more,
                           struct pyro_error *err)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];

    if (c->job->is_login)
        pyro_fail(err, PYRO_PULL_FAILED, "%s does not take this user name and password", e->name);
    else
        pyro_fail(err, PYRO_PULL_FAILED, "%s does not take the login that is kept for it%s",
                  e->name, more);
    return login_hint(c, endpoint, err);
}

/* --- what is shown --- */

static bool has_token(const struct client_endpoint *at)
{
    return at->token && clock_ms() < at->token_until_ms;
}

bool login_add(struct call *call, struct client *c, unsigned endpoint, bool *ret_added,
               struct pyro_error *err)
{
    const struct client_endpoint *at = &c->endpoints[endpoint];
    const struct job_endpoint *e = &c->job->endpoints[endpoint];
    scoped_free char *value = NULL;

    *ret_added = true;
    if (has_token(at)) {
        value = str_printf("Bearer %s", at->token);
        return call_add_header(call, "Authorization", value, err);
    }
    if (at->uses_basic && e->user) {
        curl_easy_setopt(call->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(call->easy, CURLOPT_USERNAME, e->user);
        curl_easy_setopt(call->easy, CURLOPT_PASSWORD, e->password);
        return true;
    }
    *ret_added = false;
    return true;
}

/* --- tokens --- */

static bool is_token_host(const struct client *c, unsigned endpoint, const char *host)
{
    const char *registry = c->endpoints[endpoint].place.host;
    const json_t *more = c->job->endpoints[endpoint].token_hosts;

    for (size_t i = 0; i < ARRAY_SIZE(known_servers); i++)
        if (!strcmp(known_servers[i].registry, registry) && !strcmp(known_servers[i].server, host))
            return true;
    for (size_t i = 0; i < json_array_size(more); i++) {
        const char *named = json_string_value(json_array_get(more, i));
        if (named && !strcmp(named, host))
            return true;
    }
    return place_is_related(registry, host);
}

static bool check_realm(const struct client *c, unsigned endpoint, const char *realm,
                        struct pyro_error *err)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];
    struct place place;

    if (!place_of(realm, &place, err))
        return pyro_wrap(err, "the token server of %s", e->name);
    if (!has_credentials(e) || is_token_host(c, endpoint, place.host))
        return true;
    pyro_fail(err, PYRO_PULL_FAILED,
              "%s wants its login sent to '%s', which is not a part of it: refused", e->name,
              place.host);
    return pyro_hint(err, "if that is right, name it in the configuration: registry.%s.token-host",
                     e->name);
}

static size_t login_write(char *bytes, size_t size, size_t count, void *arg)
{
    return buf_append(arg, bytes, size * count) ? size * count : 0;
}

static bool put_scope(CURL *easy, struct buf *to, const char *repository, const char *actions)
{
    char *escaped = repository ? curl_easy_escape(easy, repository, 0) : NULL;
    bool ok =
        !repository || (escaped && buf_printf(to, "scope=repository:%s:%s&", escaped, actions));

    curl_free(escaped);
    return ok;
}

/* "&service=…&scope=…&client_id=pyro", with what goes before it. The scope is what is wanted here,
 * whatever the server says that it should be. */
static bool put_query(CURL *easy, struct buf *to, const struct client *c,
                      const struct challenge *challenge)
{
    const struct job *job = c->job;
    char *service = curl_easy_escape(easy, challenge->service, 0);
    bool ok = service && (!*challenge->service || buf_printf(to, "service=%s&", service)) &&
              put_scope(easy, to, job->repository, job->is_push ? "pull,push" : "pull") &&
              put_scope(easy, to, job->mount_from, "pull") && buf_append_str(to, "client_id=pyro");

    curl_free(service);
    return ok;
}

static bool put_refresh(CURL *easy, struct buf *to, const struct job_endpoint *e)
{
    char *token = curl_easy_escape(easy, e->identity_token, 0);
    bool ok = token && buf_printf(to, "&grant_type=refresh_token&refresh_token=%s", token);

    curl_free(token);
    return ok;
}

static bool keep_token(struct client *c, unsigned endpoint, const struct buf *answer,
                       struct pyro_error *err)
{
    struct client_endpoint *e = &c->endpoints[endpoint];
    int64_t seconds;
    char *token = token_parse(answer->data ? answer->data : "", answer->len, &seconds);

    if (!token)
        return pyro_fail(err, PYRO_PULL_FAILED, "the token server of %s gave no token",
                         c->job->endpoints[endpoint].name);
    free(e->token);
    e->token = token;
    e->token_until_ms = clock_ms() + seconds * 1000 - TOKEN_EARLY_MS;
    return true;
}

static bool fail_refused(const struct client *c, unsigned endpoint, long status,
                         struct pyro_error *err)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];

    if (status != 401 && status != 403 && status != 400)
        return pyro_fail(err, PYRO_PULL_FAILED, "the token server of %s answers %ld", e->name,
                         status);
    if (has_credentials(e))
        return fail_not_taken(c, endpoint, "", err);
    pyro_fail(err, PYRO_PULL_FAILED, "%s gives nothing to one who is not signed in", e->name);
    return login_hint(c, endpoint, err);
}

static bool fill_call(struct call *call, const struct client *c, unsigned endpoint,
                      const struct buf *query, struct buf *answer)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];

    curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, TOKEN_LIMIT_MS);
    curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, login_write);
    curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, answer);
    if (e->identity_token)
        return curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS, query->data) == CURLE_OK;
    if (!e->user)
        return true;
    curl_easy_setopt(call->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    return curl_easy_setopt(call->easy, CURLOPT_USERNAME, e->user) == CURLE_OK &&
           curl_easy_setopt(call->easy, CURLOPT_PASSWORD, e->password) == CURLE_OK;
}

static bool ask(struct call *call, struct client *c, unsigned endpoint, const char *url,
                const struct buf *query, struct pyro_error *err)
{
    scoped_buf answer = BUF_INIT(TOKEN_ANSWER_MAX);
    CURLcode code;
    long status = 0;

    if (!fill_call(call, c, endpoint, query, &answer))
        return pyro_no_memory(err, NULL);
    report_doing("asking %s for a token", c->job->endpoints[endpoint].name);
    code = curl_easy_perform(call->easy);
    if (code != CURLE_OK)
        return call_fail(call, url, code, err);
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return fail_refused(c, endpoint, status, err);
    return keep_token(c, endpoint, &answer, err);
}

static bool fetch_token(struct client *c, unsigned endpoint, const struct challenge *challenge,
                        struct pyro_error *err)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];
    scoped_buf query = BUF_INIT(256 * 1024);
    scoped_free char *url = NULL;
    struct call call = { 0 };
    bool ok;

    if (!check_realm(c, endpoint, challenge->realm, err) ||
        !call_init(&call, c, endpoint, challenge->realm, err)) {
        call_release(&call);
        return false;
    }
    ok = put_query(call.easy, &query, c, challenge) &&
         (!e->identity_token || put_refresh(call.easy, &query, e));
    url = str_printf("%s%s%s", challenge->realm, strchr(challenge->realm, '?') ? "&" : "?",
                     ok ? query.data : "");
    if (!e->identity_token)
        curl_easy_setopt(call.easy, CURLOPT_URL, url);
    ok = ok ? ask(&call, c, endpoint, challenge->realm, &query, err)
            : pyro_no_memory(err, NULL) != NULL;
    call_release(&call);
    return ok;
}

/* --- challenges --- */

static bool fail_denied(const struct client *c, unsigned endpoint, struct pyro_error *err)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];

    if (has_credentials(e))
        return fail_not_taken(c, endpoint, ", or it does not reach this far", err);
    if (c->job->is_push)
        pyro_fail(err, PYRO_PULL_FAILED, "%s takes nothing for %s from one who is not signed in",
                  e->name, c->job->repository);
    else
        pyro_fail(err, PYRO_PULL_FAILED, "%s gives %s to nobody who is not signed in, or has none",
                  e->name, c->job->repository);
    return login_hint(c, endpoint, err);
}

bool login_satisfy(struct client *c, unsigned endpoint, const struct challenge *challenge,
                   enum login_shown shown, struct pyro_error *err)
{
    struct client_endpoint *at = &c->endpoints[endpoint];
    const struct job_endpoint *e = &c->job->endpoints[endpoint];

    if (shown == LOGIN_FRESH || !strcmp(challenge->error, "insufficient_scope"))
        return fail_denied(c, endpoint, err);
    if (shown == LOGIN_NOTHING && has_token(at))
        return true; /* another request has asked for it meanwhile */
    if (challenge->scheme == CHALLENGE_BEARER)
        return fetch_token(c, endpoint, challenge, err);
    if (challenge->scheme == CHALLENGE_NONE)
        return pyro_fail(err, PYRO_PULL_FAILED,
                         "%s wants a login of a kind that is neither Basic nor Bearer", e->name);
    if (!e->user)
        return fail_denied(c, endpoint, err);
    at->uses_basic = true;
    return true;
}
