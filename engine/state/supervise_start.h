/* How a supervisor is started: the contract between its parent and itself. */
#ifndef PYRO_SUPERVISE_START_H
#define PYRO_SUPERVISE_START_H

/* The descriptors a supervisor starts with. */
enum {
    SUPERVISE_DIR_FD = 3,  /* the workspace's directory */
    SUPERVISE_LOCK_FD = 4, /* its lock, held; dies with this process */
    SUPERVISE_READY_FD =
        5 /* lines of JSON: {"progress": …}, then {} when it serves, or {"error": …} */
};

enum supervise_mode {
    SUPERVISE_FRESH,        /* first start: the disk is as the template's */
    SUPERVISE_RESTART,      /* the disk has been used */
    SUPERVISE_ADOPT,        /* QEMU may be running already */
    SUPERVISE_SPARE,        /* fresh, and then paused until it is claimed */
    SUPERVISE_OWN_TEMPLATE, /* fresh, and its environment's own template is built first */
    SUPERVISE_DROP          /* of a suspended machine: its memory is dropped, and nothing runs */
};
/* Each as an argument, in their order. */
#define SUPERVISE_MODE_NAMES { "fresh", "restart", "adopt", "spare", "own-template", "drop" }

#endif
