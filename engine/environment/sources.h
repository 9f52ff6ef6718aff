/* The host's own apt configuration, as far as building an environment needs it. */
#ifndef PYRO_SOURCES_H
#define PYRO_SOURCES_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define SOURCES_BYTES_MAX (1024 * 1024)

struct sources {
    struct buf lines;   /* one-line style (sources.list) */
    struct buf stanzas; /* deb822 style (.sources) */
};

void sources_release(struct sources *s);
/* Takes from one file's text those sources that give component main of the suite or of one that
 * belongs to it (bookworm, bookworm-updates, bookworm-security). deb822: the style of the text. */
bool sources_take(struct sources *s, const char *text, const char *suite, bool deb822,
                  struct pyro_error *err) MUST_CHECK;
/* All such sources of the directory's sources.list and sources.list.d (as /etc/apt has them).
 * PYRO_PULL_FAILED when there are none. Release with sources_release. */
bool sources_read(const char *etc_apt, const char *suite, struct sources *ret,
                  struct pyro_error *err) MUST_CHECK;
/* The host's settings of how to fetch (proxies, retries, dates), as apt.conf text in *ret. */
bool sources_fetch_options(struct buf *ret, struct pyro_error *err) MUST_CHECK;

#endif
