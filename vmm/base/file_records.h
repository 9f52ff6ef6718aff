/*
 * The DATA of the file requests between host and guest: little-endian records, so that names may
 * hold any byte and contents travel as they are. Paths are relative to /workspace, without ".",
 * ".." and empty parts; "" is /workspace itself.
 *
 * file_list, to the guest: one path, all of the input. From it, per entry:
 *     u8 kind  u32 mode, with the type  u64 mtime: epoch seconds, signed  u32 its nanoseconds
 *     u64 size_bytes  u16 n, path  u16 n, link target
 * file_read, to the guest, per file:  u16 n, path. From it, per file, in that order:
 *     u8 kind  u32 mode  u64 inode  u64 ctime_ns  u64 size_bytes
 *     then u32 n, bytes … until an n of 0 (a regular file's content, a link's target)
 *     u8 1 when there was more than max_bytes, else 0
 * file_write, to the guest: u16 n, a directory that all changes lie below; then per change:
 *     u8 action  u8 expect  u32 mode  u64 inode  u64 ctime_ns  u64 size_bytes (the last three: what
 *     is expected)  u16 n, path  u64 n, content (a link's target; nothing for a removal)
 */
#ifndef PYRO_FILE_RECORDS_H
#define PYRO_FILE_RECORDS_H

#define FILE_PATH_MAX 4095                      /* bytes of one path */
#define FILE_PATHS_MAX_BYTES (16 * 1024 * 1024) /* of all in one request, with their lengths */
#define FILE_CHANGES_MAX 100000                 /* in one request */
#define FILE_MODE_MAX 0177777u                  /* with the type */
#define FILE_MODE_KEEP 0xffffffffu              /* as it is; 0644 for a new file */
#define FILE_ENTRY_HEADER 27                    /* bytes of a listed entry before its path */
#define FILE_CHANGE_HEADER 32                   /* bytes of a change through its path's length */
#define FILE_ANSWER_HEADER 29                   /* bytes of an answer before its content */

enum file_kind {
    FILE_MISSING,
    FILE_REGULAR,
    FILE_DIRECTORY,
    FILE_SYMLINK,
    FILE_OTHER,       /* a device, a socket, a FIFO */
    FILE_BEHIND_LINK, /* a symbolic link is in the way: only where that was asked for */
    FILE_KIND_COUNT
};

enum file_action { FILE_WRITE, FILE_LINK, FILE_REMOVE, FILE_ACTION_COUNT };

/* The state required before a change. */
enum file_expect {
    FILE_EXPECT_ANY,  /* a regular file, or nothing */
    FILE_EXPECT_NONE, /* nothing, or what the same request removes */
    FILE_EXPECT_SAME, /* what file_read reported: inode, change time and size */
    FILE_EXPECT_COUNT
};

#endif
