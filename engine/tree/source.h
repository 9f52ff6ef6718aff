/*
 * Where a tree of files comes from on the host: a directory, or a tar archive, plain or compressed.
 *
 * A directory is walked by this process, an archive is read by pyro-image, which is jailed. Both
 * are looked at whole before anything is sent.
 */
#ifndef PYRO_TREE_SOURCE_H
#define PYRO_TREE_SOURCE_H

#include "engine/helper/progress.h"
#include "vmm/base/tree_walk.h"

struct tree_source {
    char *path; /* absolute */
    int fd;
    bool archive;
    struct tree_counts counts;   /* after the look */
    struct tree_skipped skipped; /* of a directory; likewise */
};

/* What fits where it goes. */
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
 * Looks at all of it. What cannot be read or is not taken is an error that names it
 * (PYRO_CONTENT_REFUSED, PYRO_PERMISSION); what does not fit is PYRO_NO_SPACE.
 */
bool tree_source_look(struct tree_source *s, const struct tree_room *room,
                      const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/* Names what was passed over below a root, as it is shown. */
void tree_skipped_note(const struct tree_skipped *s, const char *root,
                       const struct progress *progress);
/* Sends it all as a stream, DONE included, to `write`. */
bool tree_source_send(struct tree_source *s, const struct tree_room *room,
                      bool (*write)(void *, const void *, size_t, struct pyro_error *), void *arg,
                      const struct progress *progress, struct pyro_error *err) MUST_CHECK;

#endif
