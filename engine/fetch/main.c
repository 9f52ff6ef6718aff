/*
 * engine/fetch/main.c: pyro-fetch, the program that talks to registries. It is started for one job,
 * which it reads from its standard input (job.h); it reads the certificates to trust, starts its
 * resolver and confines itself before it connects to anybody. What it fetches goes into descriptors
 * that it was given, what it pushes comes from such, what it has to say to its standard output (report.h), and last a line
 * {"result": …} or {"error": …}. It parses HTTP, manifests and tokens, and nothing that is in an
 * image.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "engine/fetch/blobs.h"
#include "engine/fetch/jail.h"
#include "engine/fetch/manifest.h"
#include "engine/fetch/push.h"
#include "engine/fetch/report.h"
#include "engine/fetch/sign_in.h"
#include "engine/hash/hash.h"
#include "vmm/base/fs.h"

#define CA_FD 3 /* further certificates; /dev/null: none */
#define CA_BYTES_MAX (8 * 1024 * 1024)

/* Where distributions have the certificates that the system trusts. */
static const char *const system_ca[] = { "/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/tls/certs/ca-bundle.crt" };

static bool read_certificates(struct buf *ret, struct pyro_error *err)
{
    bool ok = fs_read_fd(CA_FD, ret) && (!ret->len || buf_append(ret, "\n", 1));

    if (!ok)
        return pyro_fail_errno(err, "read the certificates");
    for (size_t i = 0; i < ARRAY_SIZE(system_ca); i++)
        if (fs_read_file(AT_FDCWD, system_ca[i], ret, NULL))
            break;
    return true;
}

static json_t *do_job(struct client *c, struct pyro_error *err)
{
    if (c->job->is_login)
        return sign_in(c, err);
    if (c->job->is_push)
        return push(c, err);
    return c->job->blob_count ? blobs_fetch(c, err) : manifest_fetch(c, err);
}

static json_t *work(struct pyro_error *err)
{
    scoped_buf input = BUF_INIT(JOB_BYTES_MAX), ca = BUF_INIT(CA_BYTES_MAX);
    static struct client client;
    static struct job job;
    json_t *result = NULL;
    int resolver_fd;

    if (!client_prepare(&client, err) || !hash_prepare(err) || !read_certificates(&ca, err))
        return NULL;
    resolver_fd = resolver_start(err);
    if (resolver_fd < 0 || !fetch_jail_enter(err))
        return NULL;
    if (!fs_read_fd(STDIN_FILENO, &input))
        return pyro_fail_errno(err, "read the job");
    if (job_parse(input.data ? input.data : "", input.len, &job, err) &&
        client_init(&client, &job, resolver_fd, &ca, err))
        result = do_job(&client, err);
    explicit_bzero(input.data, input.len);
    client_release(&client);
    job_release(&job);
    return result;
}

int main(void)
{
    struct pyro_error err = { 0 };
    json_t *result;

    signal(SIGPIPE, SIG_IGN);
    result = work(&err);
    if (result)
        return report_line(json_pack("{s:o}", "result", result)) ? 0 : 1;
    report_line(json_pack("{s:{s:s, s:o, s:s}}", "error", "code", pyro_code_name(err.code),
                          "message", json_string_lossy(err.message, strlen(err.message)), "hint",
                          pyro_error_hint(&err)));
    return 1;
}
