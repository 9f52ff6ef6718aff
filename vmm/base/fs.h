/*
 * Files: whole reads with a limit, writes that are there completely or not at all, locks, trees.
 * A dirfd may be AT_FDCWD. Every descriptor is close-on-exec.
 */
#ifndef PYRO_FS_H
#define PYRO_FS_H

#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

/* Creates a directory and its missing parents (mode for each new one). */
bool fs_mkdir_p(const char *path, mode_t mode, struct pyro_error *err) MUST_CHECK;
/* Opens a directory (O_PATH when `path_only`); -1 on failure. */
int fs_open_dir(int dirfd, const char *path, struct pyro_error *err) MUST_CHECK;
/* Appends a whole file to buf; a file larger than buf's maximum is an error. */
bool fs_read_file(int dirfd, const char *path, struct buf *ret, struct pyro_error *err) MUST_CHECK;
/* Appends what a descriptor has up to its end. False with errno; EFBIG: it has more than buf may
 * hold. */
bool fs_read_fd(int fd, struct buf *ret) MUST_CHECK;
/* Writes all n bytes, restarting short writes. */
bool fs_write_all(int fd, const void *bytes, size_t n, struct pyro_error *err) MUST_CHECK;
/* The same at an offset; false with errno. The descriptor's own stays where it is (pwrite(2)). */
bool fs_pwrite_all(int fd, const void *bytes, size_t n, off_t at) MUST_CHECK;
/* Writes a text to a file of the kernel's (in /proc, /sys) in one write(2); false with errno. Fit
 * for a child after vfork(2). */
bool fs_write_setting(int dirfd, const char *path, const char *text) MUST_CHECK;
/* Reads until n bytes or the end; returns the count, -1 with errno on failure. */
ssize_t fs_read_full(int fd, void *bytes, size_t n);
/* The same at an offset; the descriptor's own stays where it is (pread(2)). */
ssize_t fs_pread_full(int fd, void *bytes, size_t n, off_t at);
/* Removes what the next two left in a directory when they were killed; who calls it must be the only one
 * that writes there. */
void fs_sweep_temporaries(int at_fd, const char *path);
/* Temporary file beside it, fsync, rename, fsync of the directory: old content or new, never
 * between. */
bool fs_write_atomic(int dirfd, const char *name, const void *bytes, size_t n, mode_t mode,
                     struct pyro_error *err) MUST_CHECK;
/* The same without the two fsyncs: atomic towards other processes, not towards a power cut. */
bool fs_replace(int dirfd, const char *name, const void *bytes, size_t n, mode_t mode,
                struct pyro_error *err) MUST_CHECK;
/* Removes name and all below it, never following a link; a missing one is not an error. */
bool fs_remove_tree(int dirfd, const char *name, struct pyro_error *err) MUST_CHECK;
/* The same where a failure is left to a later sweep. */
void fs_discard_tree(int dirfd, const char *name);

#define FS_LOCK_NOW 0 /* a deadline in the past: does not wait */
/*
 * Takes an flock(2) on a file, created when missing; waits until deadline_ms (clock_ms()), because
 * a holder may be stopped, or hang. Then it fails with PYRO_WORKSPACE_BUSY and errno EWOULDBLOCK,
 * and names the process that has it if the kernel knows. The lock goes with the last copy of the
 * returned descriptor, inherited ones included. -1 on failure. Follows a lock file that was removed
 * and created again.
 */
int fs_lock(int dirfd, const char *name, int64_t deadline_ms, struct pyro_error *err) MUST_CHECK;
/* The same on a descriptor, `kind` being LOCK_SH or LOCK_EX; false with errno EWOULDBLOCK when it
 * is held. */
bool fs_lock_fd(int fd, int kind, int64_t deadline_ms) MUST_CHECK;
#define FS_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
/*
 * Seals a memfd by FS_SEALS, so that nobody ever changes it (F_ADD_SEALS in fcntl(2)). No writable mapping of it may
 * be left. The kernel refuses too while it has a page of it in hand itself, to move it or to look at
 * how it is used: that passes, and is waited for. False with errno on failure.
 */
bool fs_seal(int memfd) MUST_CHECK;

/* Monotonic and wall clock. */
int64_t clock_ms(void);  /* CLOCK_MONOTONIC, milliseconds */
double clock_wall(void); /* CLOCK_REALTIME, epoch seconds */
/* Fills with bytes from the kernel's CSPRNG; never fails on Linux after boot. */
void random_bytes(void *ret, size_t n);
/* 2n lower-case hex digits and a NUL into ret (2n + 1 bytes). */
void hex_encode(const void *bytes, size_t n, char *ret);

/* A new string, freed by the caller; aborts on out-of-memory, for small things only (not in the
 * guest). */
char *str_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Whether there is something before such an end. */
bool str_ends_with(const char *s, const char *end);
/* Whether all n bytes are zero, so that a sparse file need not have them. */
bool bytes_are_zero(const char *bytes, size_t n);

#endif
