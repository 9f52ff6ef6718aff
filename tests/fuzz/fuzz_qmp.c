/*
 * Fuzzes the QMP client: the input is all that QEMU ever says, up to its hanging up. Whatever it
 * is, each call returns; a command that succeeds was answered by its own id.
 */
#include "vmm/qmp.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_event(void *arg, const char *event, const json_t *data)
{
    BUG_ON(!event);
    BUG_ON(data && json_typeof(data) > JSON_NULL);
    ++*(unsigned *)arg;
}

static void on_lost(void *arg, const struct pyro_error *why)
{
    BUG_ON(why->code != PYRO_VM_FAILED);
    *(unsigned *)arg += 1000;
}

/* The first half of the input is there when the connection is opened, the rest comes later. */
static void talk(int fd, int peer, const uint8_t *data, size_t size)
{
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);
    int64_t deadline_ms = clock_ms() + 5000;
    struct qmp *qmp = qmp_open(fd, deadline_ms, &err);
    json_t *result = NULL;
    unsigned told = 0;

    if (qmp) {
        if (size && write(peer, data, size) < 0)
            size = 0;
        shutdown(peer, SHUT_WR);
        if (qmp_command(qmp, "query-status", NULL, deadline_ms, &result, &err))
            BUG_ON(!result);
        json_decref(result);
        BUG_ON(!qmp_watch(qmp, loop, on_event, on_lost, &told, &err));
        while (told < 1000)
            loop_run_once(loop, 1000);
        BUG_ON(qmp_command(qmp, "stop", NULL, deadline_ms, NULL, &err));
        qmp_free(qmp);
    }
    loop_free(loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char opened[] = "{\"QMP\": {}}\n{\"return\": {}, \"id\": 1}\n";
    bool helped = size && data[0] & 1; /* half of the inputs are past the greeting at once */
    int fds[2];

    if (size < 1 || size > 65536)
        return 0;
    data++, size--;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return 0;
    if (helped && write(fds[1], opened, strlen(opened)) > 0) {
        talk(fds[0], fds[1], data, size);
    } else {
        if (size && write(fds[1], data, size) < 0)
            size = 0;
        shutdown(fds[1], SHUT_WR);
        talk(fds[0], fds[1], NULL, 0);
    }
    close(fds[1]);
    return 0;
}
