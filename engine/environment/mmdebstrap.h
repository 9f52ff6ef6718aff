/*
 * Running mmdebstrap so that it can be killed without a trace: in its own pid and mount namespaces
 * (and, if the user is not root, a user namespace with the user's subordinate ids), its tree in a
 * tmpfs that disappears with the namespace where memory allows.
 */
#ifndef PYRO_MMDEBSTRAP_H
#define PYRO_MMDEBSTRAP_H

#include "engine/environment/catalog.h"
#include "engine/helper/progress.h"
#include "vmm/base/buf.h"
#include "vmm/base/error.h"

struct mmdebstrap {
    const struct catalog_entry *entry;
    const char *work_dir; /* its own; sources and temporary tree go there */
    const char *log_path; /* all its output */
    pid_t pid;
    int output_fd;   /* its output */
    struct buf tail; /* the last of it, for an error */
    struct buf line;
    int log_fd;
    unsigned packages, done; /* of the running apt call */
};

/* PYRO_DEPENDENCY_MISSING when a program or subordinate ids are missing, with what to do. */
bool mmdebstrap_check_host(struct pyro_error *err) MUST_CHECK;
/* Starts it with its tar going to tar_fd. The fields entry, work_dir and log_path are set. */
bool mmdebstrap_start(struct mmdebstrap *m, int tar_fd, struct pyro_error *err) MUST_CHECK;
/* Reads its output until it ends; PYRO_PULL_FAILED or PYRO_NO_SPACE with its last lines. */
bool mmdebstrap_wait(struct mmdebstrap *m, const struct progress *progress,
                     struct pyro_error *err) MUST_CHECK;
/* Kills it if it still runs. */
void mmdebstrap_release(struct mmdebstrap *m);

#endif
