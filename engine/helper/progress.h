/* How long work tells what it does, without knowing who listens (a terminal, nobody, later the
 * TUI). */
#ifndef PYRO_PROGRESS_H
#define PYRO_PROGRESS_H

struct progress {
    /* A lasting step: phase "install", "ready", …; environment may be NULL. Becomes a `[pull]
     * phase=…` line. */
    void (*phase)(void *arg, const char *phase, const char *environment);
    /* A passing state, shown on a terminal only; fraction 0 to 1, or negative when unknown. */
    void (*update)(void *arg, const char *what, double fraction);
    /* Something that the user must know although it is no failure. */
    void (*note)(void *arg, const char *text);
    void *arg;
};

static inline void progress_phase(const struct progress *p, const char *phase,
                                  const char *environment)
{
    if (p && p->phase)
        p->phase(p->arg, phase, environment);
}

static inline void progress_update(const struct progress *p, const char *what, double fraction)
{
    if (p && p->update)
        p->update(p->arg, what, fraction);
}

static inline void progress_note(const struct progress *p, const char *text)
{
    if (p && p->note)
        p->note(p->arg, text);
}

#endif
