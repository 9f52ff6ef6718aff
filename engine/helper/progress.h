/* How long-running work reports what it does, without knowing who listens (a terminal, a program
 * that started pyro, nobody). */
#ifndef PYRO_PROGRESS_H
#define PYRO_PROGRESS_H

#include <limits.h>
#include <stdint.h>

/* For a program that starts pyro: the descriptor on which it wants progress lines, and how long one
 * is at most, its newline included: what a writable pipe takes without blocking. */
#define PROGRESS_FD_VARIABLE "PYRO_PROGRESS_FD"
#define PROGRESS_LINE_MAX PIPE_BUF

/* How far it has come. */
struct progress_count {
    int64_t done, total; /* total -1: not known */
    const char *unit;    /* a literal: "bytes", "entries", "packages" */
};

struct progress {
    /* A lasting step: phase "install", "ready", …; environment may be NULL. Becomes a `[pull]
     * phase=…` line. */
    void (*phase)(void *arg, const char *phase, const char *environment);
    /* A passing state, for a terminal or a listening program; count is NULL when nothing is
     * counted. */
    void (*update)(void *arg, const char *what, const struct progress_count *count);
    /* Something the user must know although it is not a failure. */
    void (*note)(void *arg, const char *text);
    void *arg;
};

static inline void progress_phase(const struct progress *p, const char *phase,
                                  const char *environment)
{
    if (p && p->phase)
        p->phase(p->arg, phase, environment);
}

static inline void progress_update(const struct progress *p, const char *what,
                                   const struct progress_count *count)
{
    if (p && p->update)
        p->update(p->arg, what, count);
}

/* As struct turn's `tell` (vmm/base/turn.h), with a struct progress for its argument. */
static inline void progress_tell(void *p, const char *what)
{
    progress_update(p, what, NULL);
}

static inline void progress_note(const struct progress *p, const char *text)
{
    if (p && p->note)
        p->note(p->arg, text);
}

/* The part that is done, 0 to 1; negative when it is not known. */
static inline double progress_fraction(const struct progress_count *count)
{
    if (!count || count->done < 0 || count->total < 0)
        return -1;
    return count->done < count->total ? (double)count->done / (double)count->total : 1;
}

#endif
