/*
 * Plain rendering as a filter: output of any length goes in, text comes out as it leaves the
 * screen, in bounded memory. Text that has left the screen is final: erase display 2 and 3 and a
 * full reset drop only text still on it, unlike in a read, which knows its end.
 *
 * As long as the stream only moves along its lines the fast renderer does the work, always on whole
 * batches, and keeps the bytes of the last screenful back; when something else comes, the grid is
 * fed those bytes and goes on from there.
 */
#ifndef PYRO_TERM_STREAM_H
#define PYRO_TERM_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/term/plain_grid.h"
#include "engine/term/plain_linear.h"
#include "engine/term/screen.h"
#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define STREAM_BATCH ((size_t)256 * 1024)

/* Takes text that is final; false ends the stream. */
typedef bool stream_sink(void *user, const char *text, size_t n);

struct plain_stream {
    int rows, cols;
    size_t batch; /* bytes that are gathered before any is rendered; STREAM_BATCH */
    size_t next;  /* length of `pending` at which that happens */
    bool on_grid, failed;
    struct buf pending; /* output since a line start that is no longer on the screen */
    struct buf out;
    struct plain_line_marks marks;
    struct plain_grid grid;
    stream_sink *sink;
    void *user;
};

/* `user` is kept. False when out of memory; release it in any case. */
bool plain_stream_init(struct plain_stream *s, int rows, int cols, stream_sink *sink,
                       void *user) MUST_CHECK;
void plain_stream_release(struct plain_stream *s);
/* False when out of memory or refused by the sink, and from then on. */
bool plain_stream_feed(struct plain_stream *s, const char *bytes, size_t n) MUST_CHECK;
/* Writes the text still on the screen. */
bool plain_stream_finish(struct plain_stream *s) MUST_CHECK;

/*
 * The same from one descriptor to another, in a confined child that reads and writes them itself.
 * Errors: PYRO_IO with EPIPE when the reader went away, PYRO_INTERNAL, PYRO_NO_MEMORY. Blocks up to
 * the input's end.
 */
bool plain_stream_copy(int in_fd, int out_fd, int rows, int cols,
                       struct pyro_error *err) MUST_CHECK;
/* The same into memory; more than text->max bytes is an error. */
bool plain_stream_text(int in_fd, int rows, int cols, struct buf *text,
                       struct pyro_error *err) MUST_CHECK;
/* The screen at the end of the input, of which only the end is kept. Blocks likewise. */
bool screen_after_stream(int in_fd, int rows, int cols, struct screen *ret,
                         struct pyro_error *err) MUST_CHECK;

#endif
