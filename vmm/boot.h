/*
 * A machine that boots: waiting until its guest is ready, and judging the one that does not get
 * there. Within vmm only; template.h is the room's face.
 *
 * A guest that hangs and a guest on a host that is busy with other things look the same from their
 * consoles. So silence counts only where QEMU had the processors it wanted: it ran for
 * BOOT_FAIR_MS, or hardly ever waited for its turn. One that was kept waiting has until
 * BOOT_TOTAL_MS, like one that talks on for ever.
 */
#ifndef PYRO_BOOT_H
#define PYRO_BOOT_H

#include "vmm/base/json.h"
#include "vmm/vm.h"

#define BOOT_LAUNCH_MS 30000  /* until QEMU answers on its QMP socket */
#define BOOT_SILENCE_MS 30000 /* no byte from the console, no word from the guest */
#define BOOT_TOTAL_MS 180000  /* from its start until the guest has answered `prepare` */
#define BOOT_FAIR_MS 10000    /* of processor time: enough for a boot to get anywhere */

/* What a boot that failed tells of the accelerator it ran under. */
enum boot_evidence {
    BOOT_TELLS_NOTHING, /* somebody ended it, it had no processor time, the guest refused */
    BOOT_TELLS_DOUBT,   /* it had its time, and nothing came of it; once is chance */
    BOOT_TELLS_BROKEN   /* QEMU refused its arguments, or died of itself */
};

/*
 * Says hello to the guest of a machine that vm_launch() started, sends it `request` (borrowed) and
 * waits for the answer; QEMU was started at start_ms (clock_ms()). The guest connection is used up.
 * On failure *ret_evidence is set, and err tells what QEMU and the console said last: PYRO_TIMEOUT,
 * PYRO_VM_FAILED (QEMU ended), and what the guest says itself. QEMU is left as it is.
 */
bool boot_prepare(struct vm *vm, const json_t *request, int64_t start_ms,
                  enum boot_evidence *ret_evidence, struct pyro_error *err) MUST_CHECK;

#endif
