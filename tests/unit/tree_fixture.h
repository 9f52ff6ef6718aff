/* Trees of files as streams in memory, and what is needed to judge what became of them. */
#ifndef PYRO_TESTS_TREE_FIXTURE_H
#define PYRO_TESTS_TREE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vmm/base/buf.h"
#include "vmm/base/tree_walk.h"
#include "vmm/base/tree_write.h"

#define TREE_STREAM_MAX (64 << 20)

/* A tree_output's write: appends to a struct buf. */
bool tree_to_buf(void *buf, const void *bytes, size_t n, struct pyro_error *err);

/* A tree_input's read: from memory, at most `step` bytes at a time. */
struct tree_memory {
    const char *bytes;
    size_t n, at, step;
};
ssize_t tree_from_memory(void *memory, void *bytes, size_t n, struct pyro_error *err);

/* Puts a whole tree into the buffer, DONE included. */
bool tree_stream(int dirfd, const char *name, struct buf *to, struct pyro_error *err);
/* Writes a stream as w says. */
bool tree_unstream(const struct buf *from, const struct tree_write *w, struct tree_counts *ret,
                   struct pyro_error *err);

/* A new directory below $TMPDIR, 0755; -1 never. `ret_path` has room for 4096 bytes. */
int tree_new_dir(char *ret_path);
/* Removes it with all below, whatever its modes are. */
void tree_forget(const char *path);
/* Runs a shell command with A and B set to these; fails the test unless it succeeds. */
void tree_sh(const char *a, const char *b, const char *script);
/* GNU tar must see no difference between two trees: names, content, modes, times, links, holes
 * aside. */
void tree_assert_same(const char *a, const char *b);
/* A tree of everything that is kept: see the script. */
void tree_make_zoo(const char *path);

#endif
