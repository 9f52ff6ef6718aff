/* How a supervisor is started: what the one who starts it and the one who is born agree on. */
#ifndef PYRO_SUPERVISE_START_H
#define PYRO_SUPERVISE_START_H

/* The descriptors a supervisor is born with. */
enum {
    SUPERVISE_DIR_FD = 3,  /* the workspace's directory */
    SUPERVISE_LOCK_FD = 4, /* its lock, held; dies with this process */
    SUPERVISE_READY_FD =
        5 /* lines of JSON: {"progress": …}, then {} when it serves, or {"error": …} */
};

enum supervise_mode {
    SUPERVISE_FRESH,   /* first start: the disk is as the template's */
    SUPERVISE_RESTART, /* the disk has been used */
    SUPERVISE_ADOPT    /* QEMU may be running already */
};

#endif
