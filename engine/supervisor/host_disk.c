/* engine/supervisor/host_disk.c: a machine that waits for room. */
#include "engine/supervisor/host_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define RESUME_MS 1000 /* between two tries */
#define RESUME_ANSWER_MS 1000
#define RESERVE_FILE "reserve"
#define RESERVE_BYTES (16 * 1024)

void host_disk_reserve(struct supervisor *s)
{
    scoped_close int fd =
        openat(s->run_fd, RESERVE_FILE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && fallocate(fd, 0, 0, RESERVE_BYTES) != 0)
        unlinkat(s->run_fd, RESERVE_FILE, 0);
}

void host_disk_save_record(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    loop_timer_cancel(s->loop, &s->save);
    if (record_save(s->dir_fd, &s->record, true, &err))
        return;
    unlinkat(s->run_fd, RESERVE_FILE, 0);
    if (!record_save(s->dir_fd, &s->record, true, &err))
        supervisor_complain(s, err.message);
}

/* No write failed since the last try. */
static void host_disk_went_on(void *arg)
{
    struct supervisor *s = arg;

    if (!s->record.paused_reason)
        return;
    s->record.paused_reason = NULL;
    s->paused_ms += clock_ms() - s->paused_since_ms;
    record_set_string(&s->record.last_error, s->error_before_pause);
    record_set_string(&s->error_before_pause, NULL);
    host_disk_save_record(s);
    host_disk_reserve(s);
}

static void host_disk_try_again(void *arg)
{
    host_disk_try(arg);
}

void host_disk_try(struct supervisor *s)
{
    int64_t deadline_ms = clock_ms() + RESUME_ANSWER_MS;
    bool cont;

    s->disk_full = false;
    cont = !s->vm.qmp || qmp_command(s->vm.qmp, "cont", NULL, deadline_ms, NULL, NULL);
    if (!s->disk_full) /* else it is paused again, and the next try is set */
        loop_timer_set(s->loop, &s->resume, RESUME_MS,
                       cont ? host_disk_went_on : host_disk_try_again, s);
}

void host_disk_is_full(struct supervisor *s, const struct pyro_error *why)
{
    SUPERVISOR_EACH_PART(s, pause, why);
    s->disk_full = true;
    loop_timer_set(s->loop, &s->resume, RESUME_MS, host_disk_try_again, s);
    if (s->record.paused_reason)
        return;
    s->record.paused_reason = PAUSED_HOST_DISK_FULL;
    s->paused_since_ms = clock_ms();
    record_set_string(&s->error_before_pause, s->record.last_error);
    record_set_string(&s->record.last_error, why->message);
    host_disk_save_record(s);
}
