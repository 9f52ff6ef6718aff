/*
 * The source of a tree of files on the host: a directory, or a tar archive, plain or compressed.
 *
 * A directory is walked by this process, an archive is read by pyro-image, which is jailed. Both
 * are checked completely before anything is sent.
 */
#ifndef PYRO_TREE_SOURCE_H
#define PYRO_TREE_SOURCE_H

#include "engine/helper/progress.h"
#include "engine/tree/session.h"
#include "vmm/base/tree_walk.h"

struct tree_source {
    char *path; /* absolute */
    int fd;
    bool archive;
    struct tree_counts counts;   /* set by the check */
    struct tree_skipped skipped; /* of a directory; likewise */
};

/* The room at the destination. */
struct tree_room {
    uint64_t bytes, entries; /* 0: no limit */
};

/* Follows links, as the path is the operator's. Release it. */
bool tree_source_open(const char *path, struct tree_source *ret, struct pyro_error *err) MUST_CHECK;
void tree_source_release(struct tree_source *s);
#define scoped_tree_source __attribute__((cleanup(tree_source_release))) struct tree_source
/* "directory" or "tar_archive". */
const char *tree_source_mode(const struct tree_source *s);
/*
 * Checks all of it. An entry that cannot be read or is not accepted is an error that names it
 * (PYRO_CONTENT_REFUSED, PYRO_PERMISSION); too much is PYRO_NO_SPACE.
 */
bool tree_source_look(struct tree_source *s, const struct tree_room *room,
                      const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/* Names the skipped entries below a root, as it is shown. */
void tree_skipped_note(const struct tree_skipped *s, const char *root,
                       const struct progress *progress);
/* Sends everything as a stream, DONE included. */
bool tree_source_send(struct tree_source *s, const struct tree_room *room, struct tree_session *to,
                      const struct progress *progress, struct pyro_error *err) MUST_CHECK;

/* Reports how far a tree has come: a tree_walk's and a tree_write's `progress`. */
struct tree_telling {
    const struct progress *progress;
    const char *what;              /* "sending" */
    const struct tree_counts *all; /* NULL: not known yet */
};
bool tree_tell(void *telling, const struct tree_counts *c, struct pyro_error *err);

#endif
