/* engine/mcp/http.c: the port, the token, and pyro-http between them. */
#include "engine/mcp/http.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/helper/helper.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/sock.h"

#define TOKEN_BYTES 32
#define TOKEN_MIN ((size_t)16)
#define TOKEN_MAX ((size_t)512)
#define CLIENT_LIMIT_MS 30000 /* for a request to come, and for an answer to be taken */
#define LOCK_MS 10000
#define END_MS 10000

/* ---- the token ---- */

static bool make_token(int fd, const char *path, struct buf *ret, struct pyro_error *err)
{
    unsigned char bytes[TOKEN_BYTES];
    char hex[2 * TOKEN_BYTES + 1];

    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), hex);
    if (!buf_printf(ret, "%s\n", hex) || !fs_write_all(fd, ret->data, ret->len, err))
        return pyro_wrap(err, "write '%s'", path);
    return true;
}

static bool fail_token(const char *path, struct pyro_error *err)
{
    pyro_fail(err, PYRO_INVALID_ARGUMENT,
              "'%s' is not one line of %zu to %zu letters, digits and -._~+/=", path, TOKEN_MIN,
              TOKEN_MAX);
    return pyro_hint(err, "remove it: the next start makes another");
}

/* One line of what RFC 6750 allows. */
static bool check_token(const char *path, const struct buf *token, struct pyro_error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=";
    size_t n = strspn(token->data, allowed);

    return (n >= TOKEN_MIN && n <= TOKEN_MAX && token->len == n + 1 && token->data[n] == '\n') ||
           fail_token(path, err);
}

/* Whoever comes first fills the file; the others read it. */
static bool fill_or_read(int fd, const char *path, struct buf *ret, struct pyro_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "'%s'", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077) {
        pyro_fail(err, PYRO_PERMISSION, "'%s' is not a regular file that you alone can read", path);
        return pyro_hint(err, "chmod 600 it, or remove it: the next start makes another");
    }
    if (!fs_lock_fd(fd, LOCK_EX, patience_until(LOCK_MS)))
        return pyro_fail_errno(err, "lock '%s'", path);
    if (st.st_size > (off_t)ret->max)
        return fail_token(path, err);
    if (!fs_read_fd(fd, ret))
        return pyro_fail_errno(err, "read '%s'", path);
    return ret->len ? check_token(path, ret, err) : make_token(fd, path, ret, err);
}

/* The line, its end included. */
static bool take_token(struct mcp_http *h, struct buf *ret, struct pyro_error *err)
{
    scoped_close int fd = -1;

    h->token_path = paths_mcp_token(err);
    if (!h->token_path)
        return false;
    fd = open(h->token_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", h->token_path);
    return fill_or_read(fd, h->token_path, ret, err);
}

/* ---- the program ---- */

static bool start(struct mcp_http *h, int listen_fd, int input_fd, struct pyro_error *err)
{
    char limit_ms[32];
    const char *const argv[] = { "", limit_ms, NULL };
    struct proc_spec spec = proc_spec_of(argv);

    snprintf(limit_ms, sizeof(limit_ms), "%" PRId64, patience(CLIENT_LIMIT_MS));
    spec.stdin_fd = input_fd;
    spec.fds[0].from = listen_fd, spec.fds[0].to = 3;
    spec.fd_count = 1;
    spec.hold_signals = true; /* what ends this program ends it in order */
    return helper_start_program("pyro-http", &spec, &h->pid, &h->in_fd, err);
}

bool mcp_http_start(struct mcp_http *ret, int port, struct pyro_error *err)
{
    scoped_buf token = BUF_INIT(TOKEN_MAX + 2);
    scoped_close int listen_fd = -1, input_fd = -1;
    int fds[2];
    bool ok;

    *ret = (struct mcp_http)MCP_HTTP_INIT;
    ret->port = port;
    listen_fd = sock_listen_loopback(&ret->port, "name another, or 0 for a free one", err);
    if (listen_fd < 0 || !take_token(ret, &token, err))
        return false;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "a pipe for pyro-http");
    input_fd = fds[0];
    ret->out_fd = fds[1];
    ok = fs_write_all(ret->out_fd, token.data, token.len, err) &&
         start(ret, listen_fd, input_fd, err);
    explicit_bzero(token.data, token.len);
    return ok;
}

bool mcp_http_finish(struct mcp_http *h, struct pyro_error *err)
{
    pid_t pid = h->pid;
    int status;

    close(take_fd(&h->out_fd));
    h->pid = 0;
    if (!proc_wait(pid, patience_until(END_MS), &status, err))
        return pyro_wrap(err, "end pyro-http");
    if (WIFSIGNALED(status))
        return pyro_fail(err, PYRO_INTERNAL, "pyro-http died of signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status))
        return pyro_fail(err, PYRO_INTERNAL, "pyro-http ended with status %d", WEXITSTATUS(status));
    return true;
}

void mcp_http_release(struct mcp_http *h)
{
    cleanup_close(&h->in_fd);
    cleanup_close(&h->out_fd);
    proc_kill(h->pid);
    free(h->token_path);
    *h = (struct mcp_http)MCP_HTTP_INIT;
}
