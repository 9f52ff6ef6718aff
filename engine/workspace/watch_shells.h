/* The shells of a watched workspace: an array of them, by number, ended ones too. */
#ifndef PYRO_WATCH_SHELLS_H
#define PYRO_WATCH_SHELLS_H

#include "engine/state/shell_files.h"

struct watched_shell {
    struct shell_record record;
    uint64_t size;     /* size of its log: the cursor at its end */
    int64_t output_ms; /* clock_ms() when growth was last seen; 0: not since the watch began */
};

/* Reads all of them again, of the workspace in dir_fd; what cannot be read leaves what was known. */
void watch_shells_read(struct watched_shell **shells, size_t *count, int dir_fd);
/* Looks at their logs; true when one has grown. */
bool watch_shells_look(struct watched_shell *shells, size_t count, int dir_fd);
/* The one with this id; NULL: none. */
struct watched_shell *watch_shells_find(struct watched_shell *shells, size_t count, const char *id);
void watch_shells_free(struct watched_shell *shells, size_t count);

#endif
