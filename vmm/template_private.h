/* What template.c, template_build.c and template_prune.c share; nobody else includes this. */
#ifndef PYRO_TEMPLATE_PRIVATE_H
#define PYRO_TEMPLATE_PRIVATE_H

#include "vmm/base/json.h"
#include "vmm/template.h"

#define TEMPLATE_RAM "ram"
#define TEMPLATE_STATE "state"
#define TEMPLATE_RECORD "template.json"
#define TEMPLATE_BUILD_LOCK "build.lock"
#define TEMPLATE_TEMPORARY "tmp-" /* what begins so is debris once the build lock is free */

/*
 * Boots what the spec says under t->accel and saves it as files TEMPLATE_RAM and TEMPLATE_STATE in
 * dirfd, synced. t has key, qemu, accel and kind; its ram (identity) and nothing else is filled in.
 * Other files it makes in dirfd are removed again.
 */
bool template_build(const struct template_spec *spec, int dirfd, struct template *t,
                    struct pyro_error *err) MUST_CHECK;

/* The record in a template's directory, the caller's. */
json_t *template_read_record(int dirfd, struct pyro_error *err) MUST_CHECK;
/* Removes what killed builders left; the build lock is held. */
void template_sweep(int templates_fd);
/* Removes TEMPLATES/NAME, or nothing when it is not there; the build lock is held. */
bool template_remove(int templates_fd, const char *name) MUST_CHECK;
/*
 * The rate of the TSC, for a cold boot; busy for 20 ms. Under emulation a guest sees the host's,
 * and measures it against an emulated timer: on a busy host that fails, and the guest then hangs in
 * early boot.
 */
unsigned long template_measure_tsc_khz(void);

#endif
