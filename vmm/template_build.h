/* Building one template: a cold boot, saved. Within vmm only; template.h is the room's face. */
#ifndef PYRO_TEMPLATE_BUILD_H
#define PYRO_TEMPLATE_BUILD_H

#include "vmm/template.h"

#define TEMPLATE_RAM "ram"
#define TEMPLATE_STATE "state"

/*
 * Boots what the spec says under t->accel and saves it as files TEMPLATE_RAM and TEMPLATE_STATE in
 * dirfd, synced. t has key, qemu, accel and kind; its ram (identity), ram_fd (sealed) and nothing
 * else are filled in. Other files it makes in dirfd are removed again.
 */
bool template_build(const struct template_spec *spec, int dirfd, struct template *t,
                    struct pyro_error *err) MUST_CHECK;

#endif
