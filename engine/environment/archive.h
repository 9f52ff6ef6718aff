/*
 * Which of the host's apt sources are Debian's own archive. A suite's name tells nothing: other
 * archives name theirs like Debian's releases. apt fetches what each source says of itself,
 * verifies it as it does for packages, and the origin that is stated there decides.
 */
#ifndef PYRO_ARCHIVE_H
#define PYRO_ARCHIVE_H

#include "engine/environment/sources.h"

/*
 * Leaves in *s what an environment of the suite is built from: of the release itself, of its
 * updates and of its security updates each the host's own sources where it has some, else those
 * that it has of another release. Where the host has nothing but the suite itself, and none of it
 * Debian's, that stays, whoever it is from: a mirror that is signed again says what it likes. apt's
 * state is put into `directory`, which is the caller's to remove. Blocks. PYRO_PULL_FAILED where
 * nothing gives the release, or what the host has sources for cannot be fetched or verified: which,
 * why, and what to do.
 */
bool archive_choose(struct sources *s, const char *suite, const char *directory,
                    struct pyro_error *err) MUST_CHECK;
/*
 * The choice alone. `releases`: a line for each source that apt could fetch and verify, as
 * apt_releases() gives them; `said`: what apt said while it did. On failure *s is as it was.
 */
bool archive_select(struct sources *s, const char *suite, const char *releases, const char *said,
                    struct pyro_error *err) MUST_CHECK;

#endif
