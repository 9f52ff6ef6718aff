/* tests/unit/guest_fixture.c: the guest program as a child of a test. */
#include "tests/unit/guest_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

void guest_fixture_start(struct guest_fixture *f)
{
    const char *argv[] = { "build/pyro-guest", "--host", f->dir, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    struct call c;
    int fds[2];

    snprintf(f->dir, sizeof(f->dir), "/tmp/pyro-guest-XXXXXX");
    if (!mkdtemp(f->dir) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        die("no directory or socket for the guest program");
    spec.stderr_fd = 2;
    spec.inherit = INHERIT_PERSON | INHERIT_DIRECTORY | INHERIT_UMASK;
    spec.die_with_parent = true;
    spec.fds[0].from = fds[1];
    spec.fds[0].to = 3;
    spec.fd_count = 1;
    if (!proc_start(&spec, &f->pid, &err))
        die("%s", err.message);
    close(fds[1]);
    f->link_fd = dup(fds[0]);
    peer_open(&f->peer, fds[0], LINK_SOCKET);
    call_run(&c, &f->peer, peer_begin_request("mounted"));
    if (!json_object_get(c.result, "agent"))
        die("the guest did not begin");
    call_release(&c);
}

int guest_fixture_end(struct guest_fixture *f)
{
    struct pyro_error err = { 0 };
    int status;

    peer_close(&f->peer);
    close(f->link_fd);
    if (!proc_wait(f->pid, clock_ms() + PEER_WAIT_MS, &status, &err))
        die("%s", err.message);
    return fs_remove_tree(AT_FDCWD, f->dir, NULL) ? 0 : -1;
}
