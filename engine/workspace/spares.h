/* Spares (engine/supervisor/spare.h): making one, and showing what there are. */
#ifndef PYRO_WORKSPACE_SPARES_H
#define PYRO_WORKSPACE_SPARES_H

#include "vmm/base/rows.h"

/* [{workspace_id, environment, vcpu_count, mem_mib, created_at, pss_bytes, template_bytes}, …], new. */
json_t *spares_list(struct pyro_error *err) MUST_CHECK;
extern const struct row_spec spare_list_rows[];

/* `pyro __spare ENVIRONMENT VCPUS MIB off|on KEEPER`: makes a spare once the host is idle, unless
 * there is one, or there are enough; KEEPER is a process, or 0. Returns its exit status. */
int spare_main(int argc, char **argv);

#endif
