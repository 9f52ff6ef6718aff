/* Requests about the files below /workspace; docs/wire.md and vmm/base/file_records.h describe
 * them. */
#ifndef PYRO_GUEST_FILE_H
#define PYRO_GUEST_FILE_H

#include "guest/guest.h"

bool file_op_list(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
bool file_op_read(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
bool file_op_write(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);

#endif
