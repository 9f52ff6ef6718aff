/*
 * The place in a recording that is being played: it moves with the clock, at some speed, and pauses
 * of the recording are cut to RECORDING_GAP_MAX_MS. Whoever shows it is told after each move.
 */
#ifndef PYRO_SHELL_PLAYBACK_H
#define PYRO_SHELL_PLAYBACK_H

#include "engine/shell/recording.h"
#include "vmm/base/loop.h"

/* Names of the speeds, rising; NULL ends them. */
extern const char *const playback_speeds[];

struct playback {
    struct loop *loop;
    const struct recording *recording;
    void (*moved)(void *arg);
    void *arg;
    uint64_t at;       /* all output below was shown */
    int64_t ms;        /* the time of that place … */
    int64_t moved_ms;  /* … and clock_ms() when it was reached, while it plays */
    int64_t target_ms; /* the place that comes next */
    size_t speed;      /* its number */
    bool playing;
    struct loop_timer timer;
};

/* Paused, at the beginning. The recording, `moved` and `arg` are kept. Must not move. */
void playback_init(struct playback *p, struct loop *loop, const struct recording *recording,
                   void (*moved)(void *arg), void *arg);
void playback_release(struct playback *p);

/* One at the end stays where it is, paused. */
void playback_play(struct playback *p, bool on);
void playback_seek(struct playback *p, int64_t ms);
void playback_seek_offset(struct playback *p, uint64_t offset);
/* By its name, which there must be; faster or slower by that many. */
void playback_set_speed(struct playback *p, const char *name);
void playback_change_speed(struct playback *p, int by);

/* The time that is shown now. */
int64_t playback_ms(const struct playback *p);
bool playback_is_at_end(const struct playback *p);
/* "1:23 of 10:00, 2x, paused" into ret. */
void playback_describe(const struct playback *p, char *ret, size_t size);

#endif
