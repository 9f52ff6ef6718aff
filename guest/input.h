/*
 * Input typed into a shell, on its way to the terminal. It comes in pieces of three kinds:
 *
 * - keys: bytes as they are
 *
 * - lines: each newline is Enter. The terminal's mode at the time of writing decides what Enter is:
 * CR where it is not canonical, LF where it is. The shell itself takes either, and gets LF, because
 * it reads one line only: the rest is for the program that this line starts, which usually finds a
 * canonical terminal, where a CR already in the queue stays one
 *
 * - a paste: bracketed (ESC [ 200~ … ESC [ 201~) where the program has asked for that and nothing
 * typed before is unread, else, after a moment, lines
 *
 * A piece is announced by a message; unannounced DATA is keys.
 */
#ifndef PYRO_GUEST_INPUT_H
#define PYRO_GUEST_INPUT_H

#include <sys/types.h>

#include "guest/echo.h"
#include "guest/typing.h"
#include "vmm/base/buf.h"
#include "vmm/base/json.h"

/* Passes on a message, borrowed: {"pasted": bool, "token": N}, how a paste was delivered; and
 * {"typed": END, "bytes": N, "shown": K}: N bytes of the connection's input were written, END with all
 * before them, and the terminal shows the first K. */
typedef void input_tell_fn(void *arg, const json_t *message);

struct input {
    pid_t shell;      /* set by its owner, once there is one */
    uint64_t program; /* of the shell when it first printed: its file's inode; 0: not known */
    struct buf bytes; /* not yet taken by the terminal */
    size_t stale;     /* of these, from an older connection, whose credit is gone */
    struct buf pieces;
    const char *mark; /* of a paste, to be written first; NULL: none */
    struct typing typing;
    struct echo echo;
    uint64_t typed; /* bytes of this connection that were written */
    bool lost;      /* some of them were dropped: no more is told */
    input_tell_fn *tell;
    void *arg;
};

/* The state of the terminal, for one call. */
struct input_terminal {
    int pty_fd;
    bool wants_pastes; /* its program has asked for them to be bracketed */
    int64_t idle_ms;   /* since the last output or input */
};

void input_init(struct input *in, input_tell_fn *tell, void *arg);
void input_release(struct input *in);
/* The shell has printed: so its program runs, which right after clone(2) it does not yet. */
void input_saw_output(struct input *in);
/* The message {"input": {"as": "lines" or "paste", "bytes": N, "token": N}}: that many of the bytes
 * to come are such a piece. */
void input_announce(struct input *in, const json_t *piece);
/* False: there is no room, and they are dropped. */
bool input_take(struct input *in, const void *bytes, size_t n);
/* Announced bytes that have not come never will. */
void input_disconnected(struct input *in);
/* Whether anything waits to be written. */
bool input_waits(const struct input *in);
/*
 * Writes what the terminal takes; returns how many bytes were handled, without stale ones.
 * *ret_again_ms: when to try again, if it prints nothing before; 0: when it is writable.
 */
size_t input_write(struct input *in, const struct input_terminal *t, int64_t *ret_again_ms);

#endif
