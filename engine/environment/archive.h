/*
 * Which of the host's apt sources are Debian's own archive. A suite's name proves nothing: other
 * archives use the names of Debian's releases. apt fetches each source's own description, verifies
 * it as it does for packages, and the origin stated there decides.
 */
#ifndef PYRO_ARCHIVE_H
#define PYRO_ARCHIVE_H

#include "engine/environment/sources.h"

/*
 * Leaves in *s the sources for an environment of the suite: for the release itself, its updates and
 * its security updates, the host's own sources where it has some, else those of another release. If
 * the host has only the suite itself, and none of it from Debian, that stays, whatever its origin:
 * a mirror that is signed again can claim any. apt's state is put into `directory`, which the
 * caller removes. Blocks. PYRO_PULL_FAILED if nothing gives the release, or a source of the host
 * cannot be fetched or verified: which, why, and what to do.
 */
bool archive_choose(struct sources *s, const char *suite, const char *directory,
                    struct pyro_error *err) MUST_CHECK;
/*
 * Only the choice. `releases`: a line for each source that apt could fetch and verify, as
 * apt_releases() gives them; `said`: apt's messages meanwhile. On failure *s is unchanged.
 */
bool archive_select(struct sources *s, const char *suite, const char *releases, const char *said,
                    struct pyro_error *err) MUST_CHECK;

#endif
