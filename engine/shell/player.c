/*
 * engine/shell/player.c: forward, the log's bytes go to the terminal as they came; for any other
 * move, and after the line that says where it is, the screen is drawn again. So what is shown is
 * what the shell had, whatever that line covered.
 */
#include "engine/shell/player.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/shell/own_terminal.h"
#include "engine/shell/playback.h"
#include "engine/shell/redraw.h"
#include "vmm/base/fs.h"

#define LINE_MS 1500 /* how long the line stays while it plays */
#define SEEK_MS 5000
#define SEEK_FAR_MS 60000
#define CTRL_C 3
#define CTRL_BRACKET 0x1d

struct player {
    const struct player_spec *spec;
    struct pyro_error *err;
    struct loop *loop;
    struct recording recording;
    struct playback playback;
    struct track track; /* of what was shown */
    struct replay replay;
    uint64_t shown; /* output below is on the terminal */
    bool covered;   /* by the line */
    bool jump;      /* the next move is one */
    bool ending;    /* it played to its end, or the user ended it */
    bool failed;
    struct loop_timer line_timer;
    struct buf out;
    char bytes[RECORDING_STEP_MAX];
    char keys[16]; /* an escape sequence that is not whole yet */
    size_t key_count;
};

/* ---- output ---- */

static bool is_done(struct player *p, bool ok)
{
    if (!ok) {
        p->failed = true;
        loop_stop(p->loop);
    }
    return ok;
}

static void end(struct player *p)
{
    p->ending = true;
    loop_stop(p->loop);
}

/* Writes what was gathered. */
static bool flush(struct player *p)
{
    bool ok = fs_write_all(p->spec->out_fd, p->out.data ? p->out.data : "", p->out.len, p->err);

    buf_clear(&p->out);
    return ok;
}

static bool draw_again(struct player *p)
{
    const struct redraw d = { .workspace_fd = p->spec->workspace_fd,
                              .log_fd = p->recording.log_fd,
                              .shell = p->spec->shell,
                              .first = p->recording.first,
                              .to = p->playback.at };

    if ((p->track.alternate && !buf_append_str(&p->out, OWN_TERMINAL_ALTERNATE_OFF)) ||
        !buf_append_str(&p->out, REPLAY_UNDO))
        return pyro_no_memory(p->err, "drawing a shell");
    replay_init(&p->replay, false);
    p->replay.mute = true;
    p->shown = p->playback.at;
    p->covered = p->jump = false;
    return redraw_shell(&d, &p->replay, &p->track, &p->out, p->err) && flush(p);
}

static bool show_step(struct player *p, const struct recording_step *s)
{
    size_t n = (size_t)(s->to - s->from);

    if (s->kind == STEP_LEAVE_ALTERNATE && p->track.alternate) {
        track_set_alternate(&p->track, false);
        return buf_append_str(&p->out, OWN_TERMINAL_ALTERNATE_OFF) && flush(p);
    }
    if (s->kind != STEP_OUTPUT)
        return true;
    if (!recording_read(&p->recording, s, p->bytes, p->err))
        return false;
    track_feed(&p->track, p->bytes, n);
    return (replay_feed(&p->replay, p->bytes, n, &p->out) ||
            pyro_no_memory(p->err, "drawing a shell")) &&
           flush(p);
}

static bool show_more(struct player *p)
{
    struct recording_walk walk;
    struct recording_step step;

    recording_walk_part(&walk, &p->recording, p->shown, p->playback.at);
    while (recording_walk_next(&walk, &step))
        if (!show_step(p, &step))
            return false;
    p->shown = p->playback.at;
    return true;
}

/* ---- the line ---- */

static void player_on_line_time(void *arg)
{
    struct player *p = arg;

    if (p->covered && p->playback.playing)
        is_done(p, draw_again(p));
}

/* Over the terminal's last line; the cursor stays where it is. */
static void put_line(struct player *p)
{
    char text[128];
    bool ok;

    playback_describe(&p->playback, text, sizeof(text));
    ok = buf_printf(
             &p->out,
             "\x1b"
             "7\x1b[r\x1b[?6l\x1b[?7l\x1b[999;1H\x1b[0;7m %s: space pauses, ←→ 5 s, ↓↑ 1 min, + - "
             "speed, q ends \x1b[0m\x1b[K\x1b"
             "8",
             text) &&
         flush(p);
    if (!is_done(p, ok))
        return;
    p->covered = true;
    loop_timer_set(p->loop, &p->line_timer, LINE_MS, player_on_line_time, p);
}

static void player_moved(void *arg)
{
    struct player *p = arg;
    bool far = p->playback.at < p->shown || p->playback.at - p->shown > REDRAW_BYTES;
    bool over = playback_is_at_end(&p->playback) && !p->jump;

    if (!is_done(p, far || p->jump ? draw_again(p) : show_more(p)))
        return;
    if (over)
        end(p);
}

/* ---- keys ---- */

static void seek(struct player *p, int64_t ms)
{
    p->jump = true;
    playback_seek(&p->playback, ms);
    put_line(p);
}

static void pause_or_go_on(struct player *p)
{
    bool on = !p->playback.playing;

    if (on && playback_is_at_end(&p->playback)) {
        seek(p, 0);
        on = true;
    }
    if (on && p->covered && !is_done(p, draw_again(p)))
        return;
    playback_play(&p->playback, on);
    if (!on)
        put_line(p);
}

static void change_speed(struct player *p, int by)
{
    playback_change_speed(&p->playback, by);
    put_line(p);
}

static void take_byte(struct player *p, char key)
{
    switch (key) {
    case ' ':
        pause_or_go_on(p);
        break;
    case '+':
    case '=':
        change_speed(p, 1);
        break;
    case '-':
        change_speed(p, -1);
        break;
    case 'q':
    case CTRL_C:
    case CTRL_BRACKET:
        end(p);
        break;
    }
}

/* A whole sequence: arrows, Home and End. */
static void take_sequence(struct player *p, char final)
{
    int64_t at = playback_ms(&p->playback);

    switch (final) {
    case 'C':
        seek(p, at + SEEK_MS);
        break;
    case 'D':
        seek(p, at - SEEK_MS);
        break;
    case 'B':
        seek(p, at + SEEK_FAR_MS);
        break;
    case 'A':
        seek(p, at - SEEK_FAR_MS);
        break;
    case 'H':
        seek(p, 0);
        break;
    case 'F':
        seek(p, recording_length_ms(&p->recording));
        break;
    }
}

static void take_key(struct player *p, char byte)
{
    bool begins = p->key_count == 1 && (byte == '[' || byte == 'O');

    if (byte == 0x1b) {
        p->key_count = 1;
    } else if (!p->key_count) {
        take_byte(p, byte);
    } else if (begins) {
        p->key_count = 2;
    } else if (p->key_count == 2 && byte >= '@' && byte <= '~') {
        p->key_count = 0;
        take_sequence(p, byte);
    } else if (p->key_count == 1) {
        p->key_count = 0; /* a key with Alt */
    }
}

static void player_on_keys(void *arg, uint32_t events UNUSED)
{
    struct player *p = arg;
    char keys[256];
    ssize_t n = read(p->spec->in_fd, keys, sizeof(keys));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0)
        end(p);
    for (ssize_t i = 0; i < n && !p->ending && !p->failed; i++)
        take_key(p, keys[i]);
}

static void player_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    struct player *p = arg;

    if (info->ssi_signo == SIGWINCH)
        is_done(p, draw_again(p));
    else
        end(p);
}

/* ---- life ---- */

static bool play(struct player *p)
{
    const struct own_terminal_spec own = { .in_fd = p->spec->in_fd,
                                           .out_fd = p->spec->out_fd,
                                           .shown = &p->track };

    if (!loop_terminal_signals(p->loop, player_on_signal, p, p->err) ||
        !own_terminal_take(&own, p->err) ||
        (isatty(p->spec->in_fd) &&
         !loop_watch(p->loop, p->spec->in_fd, EPOLLIN, player_on_keys, p, p->err)))
        return false;
    p->jump = true;
    playback_seek(&p->playback,
                  p->spec->from > 0 ? recording_ms_of(&p->recording, p->spec->from) : 0);
    playback_play(&p->playback, true);
    if (!p->failed && p->playback.playing)
        loop_run(p->loop);
    return !p->failed;
}

bool player_run(const struct player_spec *spec, char *ret, size_t size, struct pyro_error *err)
{
    struct player *p;
    bool ok;

    if (!isatty(spec->out_fd)) {
        pyro_fail(err, PYRO_NO_TERMINAL, "replay needs a terminal to play in");
        return pyro_hint(err,
                         "use 'pyro workspace shell record' for a file that plays elsewhere, or "
                         "'pyro workspace shell read' for the text");
    }
    p = calloc(1, sizeof(*p));
    BUG_ON(!p);
    p->spec = spec;
    p->err = err;
    p->recording.log_fd = -1;
    buf_init(&p->out, REDRAW_OUT_MAX + 4096);
    p->loop = loop_new(err);
    ok = p->loop && recording_open(spec->workspace_fd, spec->shell, &p->recording, err);
    if (ok) {
        playback_init(&p->playback, p->loop, &p->recording, player_moved, p);
        playback_set_speed(&p->playback, spec->speed);
        ok = play(p);
        own_terminal_give_back();
        playback_describe(&p->playback, ret, size);
        playback_release(&p->playback);
        loop_timer_cancel(p->loop, &p->line_timer);
    }
    recording_release(&p->recording);
    loop_free(p->loop);
    buf_release(&p->out);
    free(p);
    return ok;
}
