/*
 * Whether KVM can be used. /dev/kvm being there and writable proves nothing: on some machines it
 * takes VMs that then hang for ever. So the verdict has two steps: a probe that runs a few
 * instructions in a VM of its own, in a child process with a deadline (well under a second), and
 * the proof, the first template that really boots (template.h reports that here). The verdict is
 * kept in the cache until the host reboots, or /dev/kvm or QEMU changes, so a hanging KVM costs its
 * deadline once a host boot.
 *
 * PYRO_ACCEL=tcg|kvm overrides everything, for tests. PYRO_REQUIRE_KVM=1 turns "not usable" into
 * the error PYRO_KVM_REQUIRED: software emulation is no security boundary in QEMU's own policy.
 */
#ifndef PYRO_ACCEL_H
#define PYRO_ACCEL_H

#include "vmm/base/error.h"

enum accel_kind { ACCEL_TCG, ACCEL_KVM };

/* For how long a template that boots under KVM may say nothing (nested: 12 s for all of it). */
#define ACCEL_BOOT_DEADLINE_MS 30000

struct accel_verdict {
    bool exists, readable, writable; /* of /dev/kvm */
    bool usable;                     /* runs guests, as far as is known */
    bool proven;                     /* a template booted under it */
    char reason[200];                /* why it is not usable; "" when it is */
};

/* "tcg" or "kvm". */
const char *accel_name(enum accel_kind kind);

/*
 * The verdict, from the cache or by the probe (may block for its deadline, 2 s). cache_dir must
 * exist. `qemu_version` is struct qemu's.
 */
bool accel_judge(const char *cache_dir, const char *qemu_version, struct accel_verdict *ret,
                 struct pyro_error *err) MUST_CHECK;
/* Which to use, by the verdict and the environment variables above; *ret_verdict may be NULL. */
bool accel_choose(const char *cache_dir, const char *qemu_version, enum accel_kind *ret,
                  struct accel_verdict *ret_verdict, struct pyro_error *err) MUST_CHECK;
/* Records what a template's boot under KVM showed; `reason` NULL: it booted. Best effort. */
void accel_record(const char *cache_dir, const char *qemu_version, const char *reason);

#endif
