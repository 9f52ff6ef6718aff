/*
 * Scope-bound cleanup: a variable declared scoped_x is released when its scope ends, on every path.
 * take_ptr() and take_fd() hand the value on and disarm the cleanup.
 */
#ifndef PYRO_CLEANUP_H
#define PYRO_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static inline void cleanup_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

#define scoped_free __attribute__((cleanup(cleanup_free)))
#define scoped_close __attribute__((cleanup(cleanup_close)))
#define scoped_dir __attribute__((cleanup(cleanup_dir)))
#define scoped_file __attribute__((cleanup(cleanup_file)))

/* Takes an item out of the list that begins at *head and goes on by `next`, if it is in it. */
#define list_remove(head, item)                                                                    \
    do {                                                                                           \
        __typeof__(head) at_ = (head);                                                             \
        while (*at_ && *at_ != (item))                                                             \
            at_ = &(*at_)->next;                                                                   \
        if (*at_)                                                                                  \
            *at_ = (item)->next;                                                                   \
    } while (0)

/* Returns the descriptor and leaves -1 behind. */
static inline int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Returns the pointer and leaves NULL behind; `pp` is the address of a pointer of any type. */
#define take_ptr(pp)                                                                               \
    __extension__({                                                                                \
        __typeof__(*(pp)) taken_ = *(pp);                                                          \
        *(pp) = NULL;                                                                              \
        taken_;                                                                                    \
    })

#endif
