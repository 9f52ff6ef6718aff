/* vmm/boot.c: the conversation with a booting guest, and giving up when it fails. */
#include "vmm/boot.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "vmm/base/fs.h"
#include "vmm/base/link.h"
#include "vmm/base/patience.h"
#include "vmm/base/printable.h"
#include "vmm/base/proc.h"
#include "vmm/launch.h"

#define LOOKS 60 /* checks while the limit of silence runs */
#define CONSOLE_TAIL_BYTES 4096
#define CONSOLE_LINES 5
#define CONSOLE_BYTES_MIN 200 /* of an error's message are reserved for the console */
#define CONTEXT_BYTES 80      /* are left for context put before it */

struct boot {
    struct vm *vm;
    const json_t *request;
    struct loop *loop;
    struct link *link;
    struct stream stream;
    struct loop_timer look;
    int64_t start_ms, heard_ms; /* clock_ms() */
    int64_t silence_ms, total_ms, fair_ms;
    bool measured;            /* since it was heard last: */
    struct proc_usage before; /* QEMU's usage by then */
    struct buf console;       /* the end of it */
    bool prepared, hangs;
    struct pyro_error why; /* when it failed */
};

static void give_up(struct boot *boot, const struct pyro_error *why)
{
    boot->why = *why;
    loop_stop(boot->loop);
}

static void heard(struct boot *boot)
{
    boot->heard_ms = clock_ms();
    boot->measured = false;
}

/* Whether QEMU had its chance to go on: not if it was kept from the processors, or waits for the
 * host's disk. *ret_ran_ms is its processor time meanwhile. */
static bool had_its_time(const struct boot *boot, int64_t *ret_ran_ms)
{
    struct proc_usage now;
    int64_t waited_ms;

    if (!boot->measured || !proc_usage(boot->vm->pid, &now))
        return false;
    *ret_ran_ms = now.ran_ms - boot->before.ran_ms;
    waited_ms = now.waited_ms - boot->before.waited_ms;
    return *ret_ran_ms >= boot->fair_ms || (!now.is_blocked && waited_ms < boot->silence_ms / 10);
}

static void fail_silent(struct boot *boot, int64_t silent_ms, int64_t ran_ms)
{
    struct pyro_error why = { 0 };

    boot->hangs = true;
    pyro_fail(&why, PYRO_TIMEOUT,
              "the guest hangs: it has said nothing for %lld s, in which QEMU ran for %lld.%lld s",
              (long long)silent_ms / 1000, (long long)ran_ms / 1000,
              (long long)ran_ms % 1000 / 100);
    give_up(boot, &why);
}

static void fail_late(struct boot *boot)
{
    struct proc_usage all = { 0 };
    struct pyro_error why = { 0 };

    boot->hangs = proc_usage(boot->vm->pid, &all) && all.ran_ms >= boot->fair_ms;
    pyro_fail(&why, PYRO_TIMEOUT,
              "the guest is not ready after %lld s; QEMU ran for %lld s of them",
              (long long)boot->total_ms / 1000, (long long)all.ran_ms / 1000);
    give_up(boot, &why);
}

static void boot_look(void *arg)
{
    struct boot *boot = arg;
    int64_t now_ms = clock_ms(), silent_ms = now_ms - boot->heard_ms, ran_ms = 0;

    if (now_ms - boot->start_ms >= boot->total_ms) {
        fail_late(boot);
        return;
    }
    if (silent_ms >= boot->silence_ms && had_its_time(boot, &ran_ms)) {
        fail_silent(boot, silent_ms, ran_ms);
        return;
    }
    if (!boot->measured)
        boot->measured = proc_usage(boot->vm->pid, &boot->before);
    loop_timer_set(boot->loop, &boot->look, 1 + boot->silence_ms / LOOKS, boot_look, boot);
}

static void boot_on_console(void *arg, uint32_t epoll_events UNUSED)
{
    struct boot *boot = arg;
    char chunk[CONSOLE_TAIL_BYTES];
    ssize_t n = read(boot->vm->console_fd, chunk, sizeof(chunk));

    if (n <= 0) {
        loop_unwatch(boot->loop, boot->vm->console_fd);
        return;
    }
    heard(boot);
    buf_keep_tail(&boot->console, chunk, (size_t)n);
}

static void boot_on_stderr(void *arg, uint32_t epoll_events UNUSED)
{
    struct boot *boot = arg;

    if (!vm_read_stderr(boot->vm))
        loop_unwatch(boot->loop, boot->vm->stderr_fd);
}

static void boot_on_end(void *arg, uint32_t epoll_events UNUSED)
{
    struct boot *boot = arg;
    struct pyro_error why = { 0 };

    pyro_fail(&why, PYRO_VM_FAILED, "QEMU ended"); /* vm_tell_end() says more */
    give_up(boot, &why);
}

static void boot_on_prepared(struct stream *s, const json_t *result, const struct pyro_error *err)
{
    struct boot *boot = s->arg;
    struct pyro_error why = { 0 };

    if (!result) {
        give_up(boot, err);
    } else if (!error_from_result(result, &why)) {
        give_up(boot, &why);
    } else {
        boot->prepared = true;
        loop_stop(boot->loop);
    }
}

static void boot_ignore_data(struct stream *s, enum wire_channel channel UNUSED,
                             const uint8_t *bytes UNUSED, size_t n)
{
    stream_consumed(s, n);
}

static void boot_on_ready(struct link *link)
{
    static const struct stream_ops ops = { .data = boot_ignore_data, .closed = boot_on_prepared };
    struct boot *boot = link_arg(link);
    struct pyro_error why = { 0 };

    heard(boot);
    if (!stream_open(link, &boot->stream, boot->request, &ops, boot, &why))
        give_up(boot, &why);
}

static void boot_on_lost(struct link *link, const struct pyro_error *err)
{
    give_up(link_arg(link), err);
}

static bool talk(struct boot *boot, struct pyro_error *err)
{
    static const struct link_ops ops = { .ready = boot_on_ready, .lost = boot_on_lost };
    struct vm *vm = boot->vm;

    boot->link = link_new(boot->loop, vm->guest_fd, LINK_HOST_PORT, &ops, boot, err);
    if (!boot->link)
        return false;
    vm->guest_fd = -1; /* the link's */
    if (!loop_watch(boot->loop, vm->console_fd, EPOLLIN, boot_on_console, boot, err) ||
        !loop_watch(boot->loop, vm->stderr_fd, EPOLLIN, boot_on_stderr, boot, err) ||
        !loop_watch(boot->loop, vm->pidfd, EPOLLIN, boot_on_end, boot, err) ||
        !link_hello(boot->link, false, err))
        return false;
    boot_look(boot);
    loop_run(boot->loop);
    if (boot->prepared)
        return true;
    return pyro_copy(err, &boot->why);
}

/* Reads the rest of the console's socket: a QEMU that died may have printed its guest's last words
 * just before. */
static void drain_console(struct boot *boot)
{
    char chunk[CONSOLE_TAIL_BYTES];
    ssize_t n;

    for (unsigned i = 0; i < CONSOLE_LINES; i++) {
        n = recv(boot->vm->console_fd, chunk, sizeof(chunk), MSG_DONTWAIT);
        if (n <= 0)
            return;
        buf_keep_tail(&boot->console, chunk, (size_t)n);
    }
}

static void tell_console(struct boot *boot, struct pyro_error *err)
{
    static const char ends[] = "; the console ends with: ";
    size_t used = strlen(err->message), room = sizeof(err->message) - CONTEXT_BYTES;
    char *at;

    drain_console(boot);
    if (used > room - CONSOLE_BYTES_MIN)
        used = room - CONSOLE_BYTES_MIN;
    memcpy(err->message + used, ends, sizeof(ends));
    at = err->message + used + strlen(ends);
    printable_last_lines(boot->console.data ? boot->console.data : "", boot->console.len,
                         CONSOLE_LINES, at, room - used - strlen(ends));
    if (!*at)
        snprintf(err->message + used, room - used, "; the console is empty");
}

static void explain(struct boot *boot, enum boot_evidence *ret_evidence, struct pyro_error *err)
{
    bool ended = err->code != PYRO_TIMEOUT && vm_tell_end(boot->vm, err);

    if (ended && boot->vm->end == VM_END_OWN)
        *ret_evidence = BOOT_TELLS_BROKEN;
    else if (!ended && (boot->hangs || err->code == PYRO_GUEST_PROTOCOL))
        *ret_evidence = BOOT_TELLS_DOUBT;
    pyro_wrap(err, "booting a machine");
    tell_console(boot, err);
    if (err->code == PYRO_TIMEOUT)
        pyro_hint(err, "'pyro doctor' checks what this host can do; docs/troubleshooting.md says "
                       "more about machines that do not boot");
}

bool boot_prepare(struct vm *vm, const json_t *request, int64_t start_ms,
                  enum boot_evidence *ret_evidence, struct pyro_error *err)
{
    struct boot boot = { .vm = vm,
                         .request = request,
                         .loop = loop_new(err),
                         .start_ms = start_ms,
                         .heard_ms = clock_ms(),
                         .silence_ms = patience(BOOT_SILENCE_MS),
                         .total_ms = patience(BOOT_TOTAL_MS),
                         .fair_ms = patience(BOOT_FAIR_MS),
                         .console = BUF_INIT(CONSOLE_TAIL_BYTES) };
    struct pyro_error why = { 0 };
    bool ok;

    *ret_evidence = BOOT_TELLS_NOTHING;
    if (!boot.loop)
        return false;
    ok = talk(&boot, &why);
    if (!ok)
        explain(&boot, ret_evidence, &why);
    if (!ok)
        pyro_copy(err, &why);
    link_free(boot.link);
    loop_free(boot.loop);
    buf_release(&boot.console);
    return ok;
}
