/*
 * How a process gives up rights for good before it reads foreign bytes: system calls, by a seccomp
 * filter written as a table of rows; access to files, by Landlock; root. The filter is assembled
 * here, without a library, so that every program can have one.
 *
 * Nothing here allocates, and all of it may run between fork and exec. Each call returns whether it
 * is in force, with errno when it is not: a caller that goes on without one says so.
 */
#ifndef PYRO_CONFINE_H
#define PYRO_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <linux/landlock.h>
#include <linux/seccomp.h>

/* A sanitizer needs calls that no filter of ours lets through (its leak check reads /proc and
 * traces the process): such builds leave filters out where the program itself is what is confined.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED 0
#endif

/* The action on a call. */
#define CONFINE_ALLOW SECCOMP_RET_ALLOW
#define CONFINE_KILL SECCOMP_RET_KILL_PROCESS
#define CONFINE_FAIL(error) (SECCOMP_RET_ERRNO | (uint32_t)(error))

/* Which calls a row is about: all of that number, or those whose argument … */
enum confine_when {
    CONFINE_ALWAYS,
    CONFINE_EQUAL, /* … is `value` */
    CONFINE_ANY_OF /* … has one of the bits of `value` */
};

/*
 * A row of a filter. Arguments are compared in their low 32 bits, which is all that the kernel
 * looks at in what is an int to it (descriptors, pids, commands, flags): never write a row about a
 * length or an offset.
 */
struct confine_rule {
    int call; /* SYS_…; calls a machine lacks are left out by #ifdef */
    uint32_t action;
    enum confine_when when;
    unsigned arg; /* 0 to 5 */
    uint32_t value;
};

#define CONFINE_RULES_MAX 192

/*
 * Installs the filter: the first row that matches a call decides, `otherwise` if none does. Calls
 * of another architecture (the 32-bit ones, x32) kill. Sets "no new privileges". Holds across exec.
 */
bool confine_calls(const struct confine_rule *rules, size_t count, uint32_t otherwise);

/* Access to files that Landlock can take away, beyond what Debian 12's headers name. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
/* To change, make or remove any file. */
#define CONFINE_WRITING                                                                            \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER |      \
     LANDLOCK_ACCESS_FS_TRUNCATE)
/* To do anything with a file but through descriptors that are open. */
#define CONFINE_FILES                                                                              \
    (CONFINE_WRITING | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                 \
     LANDLOCK_ACCESS_FS_READ_DIR)

/* Access that stays allowed beneath a directory, or on one file. */
struct confine_exception {
    int fd;
    uint64_t access; /* LANDLOCK_ACCESS_FS_… */
};

/*
 * Takes away `access` to files, except for the exceptions; rights this kernel's Landlock does not
 * know are left out. Open descriptors keep their rights; a kernel before 6.2 does not stop
 * truncation, none stops chmod. Sets "no new privileges". Afterwards nothing can be mounted. False
 * where the kernel has no Landlock.
 */
bool confine_files(uint64_t access, const struct confine_exception *exceptions, size_t count);

/* Lowers a limit of setrlimit(2) for good; a lower one stays as it is. */
bool confine_limit(int resource, rlim_t value);

#define CONFINE_NOBODY 65534
/*
 * From root to nobody, with these groups and no others. The parent-death signal stays as it was
 * (the kernel forgets it when ids change). False where even root may not: then nothing has changed,
 * or only the groups.
 */
bool confine_become_nobody(const gid_t *groups, size_t group_count);

#endif
