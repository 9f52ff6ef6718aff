/*
 * vmm/accel_probe.c: a VM of one page, in real mode: it writes a byte to a port and halts.
 *
 * In a child process, because a KVM that hangs does so inside of KVM_RUN. The child's exit status
 * is the step that failed.
 */
#include "vmm/accel_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/kvm.h>

#include "vmm/base/buf.h"
#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define RAM_SIZE 0x200000
#define CODE_AT 0x1000
#define PML4_AT 0x2000
#define PDPT_AT 0x3000
#define PD_AT 0x4000
#define PORT 0x10
#define ANSWER 0x2a
#define LOOPS 20000000U
#define FIRST_MS 2000
#define SECOND_MS 3000
#define KILL_MS 500

enum step { STEP_DONE, STEP_OPEN, STEP_VERSION, STEP_CREATE, STEP_SETUP, STEP_RUN, STEP_WRONG };

static const char *const reasons[] = { "",
                                       "/dev/kvm cannot be opened",
                                       "the kernel's KVM has an unknown version",
                                       "KVM does not create virtual machines",
                                       "KVM does not set up virtual processors",
                                       "KVM does not run instructions",
                                       "KVM runs instructions wrongly" };

/* mov $LOOPS, %ecx; 1: dec %ecx; jnz 1b; mov $ANSWER, %al; out %al, $PORT; hlt */
static const uint8_t code[] = { 0xb9,
                                (uint8_t)LOOPS,
                                (uint8_t)(LOOPS >> 8),
                                (uint8_t)(LOOPS >> 16),
                                (uint8_t)(LOOPS >> 24),
                                0xff,
                                0xc9,
                                0x75,
                                0xfc,
                                0xb0,
                                ANSWER,
                                0xe6,
                                PORT,
                                0xf4 };

/* The code, and page tables that map the first 2 MiB one to one. */
static bool give_memory(int vm)
{
    uint8_t *ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region region = { .memory_size = RAM_SIZE,
                                                  .userspace_addr = (uintptr_t)ram };

    if (ram == MAP_FAILED)
        return false;
    memcpy(ram + CODE_AT, code, sizeof(code));
    put_u64(ram + PML4_AT, PDPT_AT | 3); /* present, writable */
    put_u64(ram + PDPT_AT, PD_AT | 3);
    put_u64(ram + PD_AT, 0x83); /* and a page of 2 MiB */
    return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0;
}

static bool set_registers(int vcpu)
{
    struct kvm_regs regs = { .rip = CODE_AT, .rflags = 2 };
    struct kvm_sregs sregs;

    if (ioctl(vcpu, KVM_GET_SREGS, &sregs) != 0)
        return false;
    sregs.cs = (struct kvm_segment){
        .limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1
    };
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = (struct kvm_segment){
        .limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1
    };
    sregs.cr3 = PML4_AT;
    sregs.cr4 = 1 << 5;                  /* PAE */
    sregs.cr0 = 1U << 31 | 1U << 16 | 1; /* PG, WP, PE */
    sregs.efer = 1 << 8 | 1 << 10;       /* LME, LMA */
    return ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0 && ioctl(vcpu, KVM_SET_REGS, &regs) == 0;
}

static enum step run(int vcpu, const struct kvm_run *state)
{
    if (ioctl(vcpu, KVM_RUN, 0) != 0)
        return STEP_RUN;
    if (state->exit_reason != KVM_EXIT_IO || state->io.port != PORT ||
        *((const uint8_t *)state + state->io.data_offset) != ANSWER)
        return STEP_WRONG;
    if (ioctl(vcpu, KVM_RUN, 0) != 0)
        return STEP_RUN;
    return state->exit_reason == KVM_EXIT_HLT ? STEP_DONE : STEP_WRONG;
}

static enum step try_kvm(void)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu, size;
    struct kvm_run *state;

    if (kvm < 0)
        return STEP_OPEN;
    if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
        return STEP_VERSION;
    vm = ioctl(kvm, KVM_CREATE_VM, 0);
    if (vm < 0)
        return STEP_CREATE;
    vcpu = give_memory(vm) ? ioctl(vm, KVM_CREATE_VCPU, 0) : -1;
    size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (vcpu < 0 || size < (int)sizeof(*state))
        return STEP_SETUP;
    state = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (state == MAP_FAILED || !set_registers(vcpu))
        return STEP_SETUP;
    return run(vcpu, state);
}

/* Waits for the child's end; false when it does not come, killed or not. */
static bool wait_child(pid_t pid, int64_t limit_ms, int *ret_status)
{
    scoped_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    bool ended = proc_wait_fd(pidfd, clock_ms() + limit_ms);

    if (!ended) {
        proc_signal(pid, SIGKILL);
        proc_wait_fd(pidfd, clock_ms() + KILL_MS); /* one that cannot be killed is left to init */
    }
    return waitpid(pid, ret_status, WNOHANG) == pid && ended;
}

enum outcome { OUTCOME_WORKS, OUTCOME_FAILS, OUTCOME_HANGS };

static enum outcome probe_for(int64_t limit_ms, char *ret_reason, size_t n)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(try_kvm());
    }
    if (pid < 0) {
        snprintf(ret_reason, n, "cannot start the probe: %s", strerror(errno));
        return OUTCOME_FAILS;
    }
    if (!wait_child(pid, limit_ms, &status)) {
        snprintf(ret_reason, n, "a virtual machine hangs with it");
        return OUTCOME_HANGS;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == STEP_DONE)
        return OUTCOME_WORKS;
    snprintf(ret_reason, n, "%s",
             WIFEXITED(status) && WEXITSTATUS(status) < (int)ARRAY_SIZE(reasons)
                 ? reasons[WEXITSTATUS(status)]
                 : "the probe died");
    return OUTCOME_FAILS;
}

bool accel_probe(char *ret_reason, size_t n)
{
    enum outcome outcome = probe_for(FIRST_MS, ret_reason, n);

    if (outcome == OUTCOME_HANGS) /* or had no processor time */
        outcome = probe_for(SECOND_MS, ret_reason, n);
    if (outcome == OUTCOME_WORKS)
        ret_reason[0] = '\0';
    return outcome == OUTCOME_WORKS;
}
