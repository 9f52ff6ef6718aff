/*
 * The host's own apt sources (sources.list(5)), as far as an environment of a release may come from
 * them: those of that release, and those of Debian's other releases with the release's name in
 * place of their own. archive.h finds out whose archive they are.
 */
#ifndef PYRO_SOURCES_H
#define PYRO_SOURCES_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define SOURCES_BYTES_MAX (1024 * 1024)
#define SOURCES_MAX 256

/* One address with one suite. */
struct source {
    unsigned number; /* of the host's line or stanza that it comes from */
    bool is_deb822;  /* the host's style; else one line */
    bool is_renamed; /* the host has it of another release */
    char *uri;       /* without a name and a password */
    char *suite;     /* bookworm, bookworm-updates, … */
    char *options;   /* of one line: what [] holds; NULL without */
    char *rest;      /* of one line: the components; else the other fields, each with its newline */
};

struct sources {
    struct source *items; /* room for SOURCES_MAX */
    size_t count;
    unsigned numbers;
    struct buf auth; /* names and passwords of the addresses, as apt_auth.conf(5) */
};

void sources_init(struct sources *s);
void sources_release(struct sources *s);
/* Removes one. */
void sources_drop(struct sources *s, size_t index);
/*
 * Adds from one file's text those sources with component main that are of the suite or belong to it
 * (bookworm, bookworm-updates, bookworm-security), or would with another release's name replaced.
 * deb822: the style of the text. PYRO_PULL_FAILED for a name or password that apt_auth.conf(5)
 * cannot hold.
 */
bool sources_take(struct sources *s, const char *text, const char *suite, bool deb822,
                  struct pyro_error *err) MUST_CHECK;
/* Adds all of them from the places where apt on this host has its sources. There may be none.
 * Blocks. */
bool sources_read(struct sources *s, const char *suite, struct pyro_error *err) MUST_CHECK;
/* Appends them in the two styles; suites of one stanza and address stay together. */
bool sources_print(const struct sources *s, struct buf *lines, struct buf *stanzas,
                   struct pyro_error *err) MUST_CHECK;
/* The host's settings for fetching (proxies, retries, dates), as apt.conf text in *ret. */
bool sources_fetch_options(struct buf *ret, struct pyro_error *err) MUST_CHECK;

/* A field of a stanza, with its continuation lines. */
struct stanza_field {
    const char *text; /* from its name to its last newline */
    size_t bytes, name_bytes;
    const char *value; /* without the blanks before it */
    size_t value_bytes;
};
/* The field at *at, which moves on; false at the end. */
bool stanza_next_field(const char **at, struct stanza_field *ret);
bool stanza_field_is(const struct stanza_field *f, const char *name);

#endif
