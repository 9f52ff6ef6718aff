/*
 * A machine that boots: waiting until its guest is ready, and judging one that never is. Within vmm
 * only; template.h is the room's interface.
 *
 * A guest that hangs and a guest on a host that is busy with other things look the same from their
 * consoles. So silence counts only where QEMU had the processors it wanted: it ran for
 * BOOT_FAIR_MS, or hardly ever waited for its turn. One that was kept waiting has until
 * BOOT_TOTAL_MS, like one that talks forever.
 */
#ifndef PYRO_BOOT_H
#define PYRO_BOOT_H

#include "vmm/base/json.h"
#include "vmm/vm.h"

#define BOOT_LAUNCH_MS 30000  /* until QEMU answers on its QMP socket */
#define BOOT_SILENCE_MS 30000 /* no byte from the console, no word from the guest */
#define BOOT_TOTAL_MS 180000  /* from its start until the guest has answered `prepare` */
#define BOOT_FAIR_MS 10000    /* of processor time: enough for a boot to get anywhere */

/* The verdict of a failed boot on its accelerator. */
enum boot_evidence {
    BOOT_TELLS_NOTHING, /* it was ended from outside, it had no processor time, the guest refused */
    BOOT_TELLS_DOUBT,   /* it had its time and failed; once is chance */
    BOOT_TELLS_BROKEN   /* QEMU refused its arguments, or died on its own */
};

/*
 * Says hello to the guest of a machine that vm_launch() started, sends it `request` (borrowed) and
 * waits for the answer; QEMU was started at start_ms (clock_ms()). The guest connection is used up.
 * On failure *ret_evidence is set, and err quotes QEMU's and the console's last words:
 * PYRO_TIMEOUT, PYRO_VM_FAILED (QEMU ended), and the guest's own errors. QEMU is left running.
 */
bool boot_prepare(struct vm *vm, const json_t *request, int64_t start_ms,
                  enum boot_evidence *ret_evidence, struct pyro_error *err) MUST_CHECK;

#endif
