/*
 * A captured machine in a directory, from which machines go on:
 *
 *   state         its devices (device_state.h)
 *   ram.delta     its memory, as what differs from its template's (delta.h)
 *   ram.delta.zst the same compressed, in its place: of a machine that has been suspended for long
 *   template-ram  that template's, a link to its file or a copy: the cache may be pruned
 *   saved.json    what must be the same where it goes on, and the digests of the others; written
 *                 last
 *
 * One for forks that start at once has no ram.delta: what differs is an upper memory (ram.h) that somebody
 * holds as long.
 *
 * It fits the QEMU of that version alone, its accelerator, and a host of the same processor
 * (host.h). The guest program inside is that of then.
 */
#ifndef PYRO_SAVED_H
#define PYRO_SAVED_H

#include "vmm/base/json.h"
#include "vmm/delta.h"
#include "vmm/device_state.h"
#include "vmm/template.h"

#define SAVED_RECORD "saved.json"
#define SAVED_DELTA "ram.delta"
#define SAVED_DELTA_PACKED "ram.delta.zst"
#define SAVED_TEMPLATE "template-ram"

/*
 * A running machine, as one made from it must be; kept while it runs, for its template may be gone
 * by the time it is captured. `guest`: the digest of the guest program in it. New.
 */
json_t *saved_machine(const struct template *t, const char *guest);
/* Its template's memory, which it maps. False: not a saved_machine(). */
bool saved_ram(const json_t *machine, struct ram_identity *ret);

/*
 * Writes all into a new directory; each file is on the disk. templates_dir: where the template's
 * memory is linked from if it is still there. `members` (an object, borrowed; NULL: none) goes into
 * the record too. Blocks, up to seconds: for a child.
 */
bool saved_write(int dirfd, const char *templates_dir, const json_t *machine,
                 const struct captured *captured, const struct buf *state, const json_t *members,
                 struct pyro_error *err) MUST_CHECK;
/* The same for forks: `upper` is the name of what was captured in blocks. It need not survive a crash of the
 * host, and is not synced. */
bool saved_write_upper(int dirfd, const char *templates_dir, const json_t *machine,
                       const char *upper, const struct buf *state, const json_t *members,
                       struct pyro_error *err) MUST_CHECK;
/* Its record; new. */
json_t *saved_read(int dirfd, struct pyro_error *err) MUST_CHECK;
/* The upper memory of such a record, for the caller to hold: taken from `holder`, a pyro; 0: from whoever holds it.
 * *ret_fd -1: it has none. False: it has, and it is not there. */
bool saved_hold_upper(const json_t *record, pid_t holder, int *ret_fd,
                      struct pyro_error *err) MUST_CHECK;
/* What it takes on the host: its memory and its devices. */
int64_t saved_bytes(int dirfd);

/* Where it is to go on. */
struct saved_host {
    const char *cache_dir;
    const char *guest; /* the digest of this pyro's guest program */
    int64_t vcpu_count, mem_mib;
    /* Decompresses SAVED_DELTA_PACKED; NULL: none is read. */
    bool (*unpack)(int from_fd, int to_fd, uint64_t max_bytes, struct pyro_error *err);
};
/* Whether it can. PYRO_SNAPSHOT_STATE says what has changed. */
bool saved_check(int dirfd, const struct saved_host *host, struct pyro_error *err) MUST_CHECK;

/*
 * For several machines that go on from one: template and delta as one memory, sealed, which they share.
 * It is a template's as far as QEMU and ram_find_holder() know; there is no file of it, so somebody
 * holds it until they have started. -1 on failure. Blocks, up to seconds.
 */
int saved_merge(int dirfd, const struct saved_host *host, struct ram_identity *ret,
                struct pyro_error *err) MUST_CHECK;
/* Makes a directory whose files are links into one that goes on from such a memory. */
bool saved_use_merged(int dirfd, const struct ram_identity *merged,
                      struct pyro_error *err) MUST_CHECK;

struct saved {
    struct template template; /* its memory is the template's, or a merged one */
    struct delta delta;
    int upper_fd; /* what there is in place of a delta; -1 */
    struct buf state;
};
#define SAVED_INIT                                                                                 \
    {                                                                                              \
        .template = TEMPLATE_INIT, .upper_fd = -1, .state = {.max = DEVICE_STATE_BYTES_MAX }       \
    }
/* Checks and opens it. */
bool saved_open(int dirfd, const struct saved_host *host, struct saved *ret,
                struct pyro_error *err) MUST_CHECK;
void saved_release(struct saved *s);

#endif
