/* Shared by template.c, template_build.c, template_prune.c and saved.c; nobody else includes this. */
#ifndef PYRO_TEMPLATE_PRIVATE_H
#define PYRO_TEMPLATE_PRIVATE_H

#include "vmm/base/json.h"
#include "vmm/boot.h"
#include "vmm/template.h"

#define TEMPLATE_RAM "ram"
#define TEMPLATE_STATE "state"
#define TEMPLATE_RECORD "template.json"
#define TEMPLATE_BUILD_LOCK "build.lock" /* template_build_lock() waits for it */
/* A build: the boot, saving its devices, and writing its memory, which has no limit of its own but
 * is at most what a host's disk takes in this time. */
#define TEMPLATE_SAVE_MS 60000
#define TEMPLATE_WRITE_MS 60000
#define TEMPLATE_BUILD_MS (BOOT_TOTAL_MS + TEMPLATE_SAVE_MS + TEMPLATE_WRITE_MS)
#define TEMPLATE_TEMPORARY "tmp-" /* what begins so is debris once the build lock is free, … */
#define TEMPLATE_BEHIND "behind-" /* … and what begins so once this one is */
#define TEMPLATE_BEHIND_LOCK "behind.lock"

/*
 * Boots what the spec says under t->accel and saves it as files TEMPLATE_RAM and TEMPLATE_STATE in
 * dirfd, synced. t has key, qemu, accel and kind; its ram (identity) and nothing else is filled in.
 * Other files it makes in dirfd are removed again. Ends within TEMPLATE_BUILD_MS, and *ret_evidence
 * is written in any case.
 */
bool template_build(const struct template_spec *spec, int dirfd, struct template *t,
                    enum boot_evidence *ret_evidence, struct pyro_error *err) MUST_CHECK;

/* Takes TEMPLATE_BUILD_LOCK, waiting for its turn (turn.h); -1 on failure. */
int template_build_lock(int templates_fd, turn_tell_fn *tell, void *arg,
                        struct pyro_error *err) MUST_CHECK;
/* The record in a template's directory, the caller's. */
json_t *template_read_record(int dirfd, struct pyro_error *err) MUST_CHECK;
/* Removes what killed builders left: what begins with `prefix`, whose lock is held. */
void template_sweep(int templates_fd, const char *prefix);
/* Removes TEMPLATES/NAME, or nothing when it is not there; the build lock is held. */
bool template_remove(int templates_fd, const char *name) MUST_CHECK;
#endif
