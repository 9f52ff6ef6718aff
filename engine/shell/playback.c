/* engine/shell/playback.c: from place to place, by one timer. */
#include "engine/shell/playback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

#define MOVE_MS 10 /* what comes within this time is one move */

const char *const playback_speeds[] = { "0.25", "0.5", "1", "2", "4", "8", "16", "64", NULL };

static double factor(const struct playback *p)
{
    return strtod(playback_speeds[p->speed], NULL);
}

static void playback_on_time(void *arg);

/* Waits for what comes next. */
static void go_on(struct playback *p)
{
    int64_t gap, wait;

    loop_timer_cancel(p->loop, &p->timer);
    if (playback_is_at_end(p))
        p->playing = false;
    if (!p->playing)
        return;
    p->moved_ms = clock_ms();
    p->target_ms = recording_ms_at(p->recording, p->at);
    gap = p->target_ms - p->ms;
    if (gap > RECORDING_GAP_MAX_MS)
        gap = RECORDING_GAP_MAX_MS;
    wait = gap > 0 ? (int64_t)((double)gap / factor(p)) : 0;
    if (wait < MOVE_MS) {
        wait = MOVE_MS;
        if (p->ms + (int64_t)(MOVE_MS * factor(p)) > p->target_ms)
            p->target_ms = p->ms + (int64_t)(MOVE_MS * factor(p));
    }
    loop_timer_set(p->loop, &p->timer, wait, playback_on_time, p);
}

static void playback_on_time(void *arg)
{
    struct playback *p = arg;

    p->ms = p->target_ms;
    p->at = recording_offset_at(p->recording, p->ms);
    go_on(p);
    p->moved(p->arg);
}

static void settle(struct playback *p)
{
    if (p->playing)
        p->ms = playback_ms(p);
    go_on(p);
}

void playback_init(struct playback *p, struct loop *loop, const struct recording *recording,
                   void (*moved)(void *arg), void *arg)
{
    *p = (struct playback){
        .loop = loop, .recording = recording, .moved = moved, .arg = arg, .at = recording->first
    };
    playback_set_speed(p, "1");
}

void playback_release(struct playback *p)
{
    if (p->loop)
        loop_timer_cancel(p->loop, &p->timer);
}

void playback_play(struct playback *p, bool on)
{
    if (p->playing)
        p->ms = playback_ms(p);
    p->playing = on;
    go_on(p);
}

void playback_seek(struct playback *p, int64_t ms)
{
    int64_t length = recording_length_ms(p->recording);

    p->ms = ms < 0 ? 0 : ms > length ? length : ms;
    p->at = recording_offset_at(p->recording, p->ms);
    go_on(p);
    p->moved(p->arg);
}

void playback_seek_offset(struct playback *p, uint64_t offset)
{
    const struct recording *r = p->recording;

    p->at = offset < r->first ? r->first : offset > r->end ? r->end : offset;
    p->ms = p->at > r->first ? recording_ms_at(r, p->at - 1) : 0;
    go_on(p);
    p->moved(p->arg);
}

void playback_set_speed(struct playback *p, const char *name)
{
    size_t i = 0;

    while (playback_speeds[i] && strcmp(playback_speeds[i], name) != 0)
        i++;
    BUG_ON(!playback_speeds[i]);
    settle(p);
    p->speed = i;
    go_on(p);
}

void playback_change_speed(struct playback *p, int by)
{
    settle(p);
    if (by < 0 && p->speed)
        p->speed--;
    else if (by > 0 && playback_speeds[p->speed + 1])
        p->speed++;
    go_on(p);
}

int64_t playback_ms(const struct playback *p)
{
    int64_t ms = p->ms;

    if (p->playing)
        ms += (int64_t)((double)(clock_ms() - p->moved_ms) * factor(p));
    return p->playing && ms > p->target_ms ? p->target_ms : ms;
}

bool playback_is_at_end(const struct playback *p)
{
    return p->at >= p->recording->end;
}

/* "1:23", "1:02:03". */
static void put_time(int64_t ms, char ret[32])
{
    long long s = (long long)(ms / 1000);

    if (s >= 3600)
        snprintf(ret, 32, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(ret, 32, "%lld:%02lld", s / 60, s % 60);
}

void playback_describe(const struct playback *p, char *ret, size_t size)
{
    char at[32], length[32];

    put_time(playback_ms(p), at);
    put_time(recording_length_ms(p->recording), length);
    snprintf(ret, size, "%s of %s, %s×%s", at, length, playback_speeds[p->speed],
             playback_is_at_end(p) ? ", at its end"
             : p->playing          ? ""
                                   : ", paused");
}
