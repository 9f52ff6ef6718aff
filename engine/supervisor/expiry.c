/* engine/supervisor/expiry.c: stopping a machine whose time to live is over. */
#include "engine/supervisor/expiry.h"

#include "vmm/base/fs.h"

static void expiry_on_timer(void *arg)
{
    struct supervisor *s = arg;

    s->expired = true;
    supervisor_stop(s, false);
}

void expiry_renew(struct supervisor *s)
{
    struct workspace_record *r = &s->record;

    r->stop_reason = NULL;
    if (!s->was_suspended && !r->resume_error)
        r->expires_at = r->ttl_seconds ? clock_wall() + (double)r->ttl_seconds : 0;
}

void expiry_watch(struct supervisor *s)
{
    double left = s->record.expires_at - clock_wall();

    if (s->record.expires_at > 0)
        loop_timer_set(s->loop, &s->ttl, left > 0 ? (int64_t)(left * 1000) : 0, expiry_on_timer, s);
}

void expiry_settle(struct workspace_record *r, bool expired)
{
    r->stop_reason = expired ? STOPPED_EXPIRED : NULL;
    r->expires_at = 0;
}
