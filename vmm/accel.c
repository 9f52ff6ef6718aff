/* vmm/accel.c: still to come: always emulation. */
#include "vmm/accel.h"

#include <string.h>

const char *accel_name(enum accel_kind kind)
{
    return kind == ACCEL_KVM ? "kvm" : "tcg";
}

bool accel_choose(const char *cache_dir UNUSED, const char *qemu_version UNUSED,
                  enum accel_kind *ret, struct accel_verdict *ret_verdict,
                  struct pyro_error *err UNUSED)
{
    *ret = ACCEL_TCG;
    if (ret_verdict)
        memset(ret_verdict, 0, sizeof(*ret_verdict));
    return true;
}

void accel_record(const char *cache_dir UNUSED, const char *qemu_version UNUSED,
                  const char *reason UNUSED)
{
}

bool accel_judge(const char *cache_dir UNUSED, const char *qemu_version UNUSED,
                 struct accel_verdict *ret, struct pyro_error *err UNUSED)
{
    memset(ret, 0, sizeof(*ret));
    return true;
}
