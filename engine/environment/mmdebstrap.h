/*
 * Running mmdebstrap so that it can be killed without a trace: in a pid and a mount namespace of
 * its own (and, for who is not root, a user namespace with the user's subordinate ids), its tree in
 * a tmpfs that goes with the namespace where memory allows.
 */
#ifndef PYRO_MMDEBSTRAP_H
#define PYRO_MMDEBSTRAP_H

#include "engine/environment/catalog.h"
#include "engine/helper/progress.h"
#include "vmm/base/buf.h"
#include "vmm/base/error.h"

struct mmdebstrap {
    const struct catalog_entry *entry;
    const char *work_dir; /* its own; sources and temporary tree are put there */
    const char *log_path; /* everything it says */
    pid_t pid;
    int output_fd;   /* it says things here */
    struct buf tail; /* the last of it, for an error */
    struct buf line;
    int log_fd;
    unsigned packages, done; /* of the running apt call */
};

/* PYRO_DEPENDENCY_MISSING when a program or subordinate ids are missing, with what to do. */
bool mmdebstrap_check_host(struct pyro_error *err) MUST_CHECK;
/* Starts it with its tar going to tar_fd. The fields entry, work_dir and log_path are set. */
bool mmdebstrap_start(struct mmdebstrap *m, int tar_fd, struct pyro_error *err) MUST_CHECK;
/* Follows what it says until it ends; PYRO_PULL_FAILED or PYRO_NO_SPACE with its last lines. */
bool mmdebstrap_wait(struct mmdebstrap *m, const struct progress *progress,
                     struct pyro_error *err) MUST_CHECK;
/* Kills it if it still runs. */
void mmdebstrap_release(struct mmdebstrap *m);

#endif
