/*
 * The files of an archive that is to be read in any order: their content is copied to a scratch file
 * as it comes, and found there by name. Links are other names.
 */
#ifndef PYRO_IMAGE_ARCHIVE_FILES_H
#define PYRO_IMAGE_ARCHIVE_FILES_H

#include <archive.h>

#include "engine/image/tar/layer.h"

#define ARCHIVE_FILES_MAX 8192

struct archive_file {
    char *name;      /* plain: no "./", no "..", no double slash */
    char *link_name; /* the file that it is a link to, plain; NULL: it has content of its own */
    struct blob blob;
};

struct archive_files {
    int scratch_fd;
    struct archive_file *items;
    size_t count;
    int64_t bytes; /* in the scratch file */
};

/* Copies all files from `entry`, whose header has been read, to the end of the archive.
 * PYRO_CONTENT_REFUSED at a limit. Release *files in any case. */
bool archive_files_take(struct archive_files *files, struct archive *a, struct archive_entry *entry,
                        struct pyro_error *err) MUST_CHECK;
/* The file of that name, links followed; false with PYRO_CONTENT_REFUSED when there is none. */
bool archive_files_find(const struct archive_files *files, const char *name, struct blob *ret,
                        struct pyro_error *err) MUST_CHECK;
void archive_files_release(struct archive_files *files);

#endif
