/*
 * Whether KVM can be used. /dev/kvm being there and writable proves nothing: on some machines it
 * takes VMs that then hang for ever. So the verdict has two steps: a probe that runs a few
 * instructions in a VM of its own, in a child process with a deadline (well under a second), and
 * the proof, the first template that really boots (template.h reports that here). The verdict is
 * kept in the cache until the host reboots, or /dev/kvm or QEMU changes, so a hanging KVM costs its
 * deadline once or twice a host boot. What may be chance is not kept: one boot that came to nothing
 * makes a doubt, the second one in a row the verdict.
 *
 * PYRO_ACCEL=tcg|kvm overrides everything, for tests. PYRO_REQUIRE_KVM=1 turns "not usable" into
 * the error PYRO_KVM_REQUIRED: software emulation is not a security boundary in QEMU's own policy.
 */
#ifndef PYRO_ACCEL_H
#define PYRO_ACCEL_H

#include "vmm/base/error.h"

enum accel_kind { ACCEL_TCG, ACCEL_KVM };

struct accel_verdict {
    bool exists, readable, writable; /* of /dev/kvm */
    bool usable;                     /* runs guests, as far as is known */
    bool proven;                     /* a template booted under it */
    int doubts;                      /* boots in a row that came to nothing */
    char reason[200];                /* why it is not usable; "" when it is */
};

/* "tcg" or "kvm". */
const char *accel_name(enum accel_kind kind);

/* Only whether /dev/kvm is there, and for this user; `reason` where not. */
void accel_look(struct accel_verdict *ret);
/*
 * The verdict, from the cache or by the probe (may block for its deadlines, 6 s). cache_dir must
 * exist. `qemu_version` is struct qemu's.
 */
bool accel_judge(const char *cache_dir, const char *qemu_version, struct accel_verdict *ret,
                 struct pyro_error *err) MUST_CHECK;
/* Which to use, by the verdict and the environment variables above; *ret_verdict may be NULL. */
bool accel_choose(const char *cache_dir, const char *qemu_version, enum accel_kind *ret,
                  struct accel_verdict *ret_verdict, struct pyro_error *err) MUST_CHECK;
/* Records that a template booted under KVM. Best effort, as what follows. */
void accel_record_boot(const char *cache_dir, const char *qemu_version);
/* Records that none did: `certain` makes that the verdict, else it is a doubt. */
void accel_record_failure(const char *cache_dir, const char *qemu_version, const char *reason,
                          bool certain);
/* Forgets that KVM is not usable, so that it is tried once more: call it first to learn how things
 * are now. */
void accel_try_again(const char *cache_dir);
/* Whether a machine that failed under KVM may be emulated instead; else err, where that is about
 * the environment's demands, and as it was where KVM was forced. */
bool accel_may_emulate(const char *reason, struct pyro_error *err) MUST_CHECK;

#endif
