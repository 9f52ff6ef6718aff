/*
 * Putting an environment into its place, whatever it is made of. What a source makes is in pull-KEY/
 * until the image is complete and on the disk; then that becomes KEY-HEX/ by rename and the record
 * is replaced by rename. The holder of KEY's lock may remove pull-KEY/. Killed at any moment, an
 * installation leaves only files that the next one sweeps, and what was installed before is as it
 * was.
 */
#ifndef PYRO_ENVIRONMENT_INSTALL_H
#define PYRO_ENVIRONMENT_INSTALL_H

#include "engine/environment/environment_record.h"
#include "engine/helper/progress.h"

struct environment_install {
    const struct progress *progress;
    char *name, *cache_dir, *key;
    char *work_dir;    /* pull-KEY */
    char *install_dir; /* pull-KEY/install: what will be KEY-HEX */
    char *image_path;  /* install_dir/base.ext4: the source makes it, with no write bit */
    char *log_path;
    int lock;
    bool tried;                       /* a machine is to try it before it stays (trial.h) */
    struct environment_record record; /* the source fills in what it knows of itself */
};

/* Names it and its paths; nothing is written. Release *in in any case. */
bool environment_install_init(struct environment_install *in, const char *name,
                              const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/* Takes the name's lock, waiting for its holder, and sweeps what a killed installation left. */
bool environment_install_lock(struct environment_install *in, struct pyro_error *err) MUST_CHECK;
/* Both. */
bool environment_install_begin(struct environment_install *in, const char *name,
                               const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/*
 * Whether what is installed is intact: every byte is read. If not, *err says why; PYRO_RECORD_INVALID
 * is the record of a newer pyro, which is never replaced.
 */
bool environment_install_is_whole(const struct environment_install *in,
                                  struct pyro_error *err) MUST_CHECK;
/* PYRO_NAME_TAKEN when there is an environment of the name, or the catalog has one. */
bool environment_install_check_free(const struct environment_install *in,
                                    struct pyro_error *err) MUST_CHECK;
/* Makes the directories. */
bool environment_install_prepare(const struct environment_install *in,
                                 struct pyro_error *err) MUST_CHECK;
/* Moves the finished image into its place and writes the record. */
bool environment_install_finish(struct environment_install *in, struct pyro_error *err) MUST_CHECK;
/* The same of an image that is on the disk already, and measured. */
bool environment_install_place(struct environment_install *in, struct pyro_error *err) MUST_CHECK;
/* Removes what is left in pull-KEY/. */
bool environment_install_sweep(const struct environment_install *in,
                               struct pyro_error *err) MUST_CHECK;
/* Sweeps, without saying so if that fails, and lets the lock go. */
void environment_install_release(struct environment_install *in);

#endif
