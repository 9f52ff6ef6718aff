/* Figures of the machine, and sync. */
#ifndef PYRO_GUEST_STAT_H
#define PYRO_GUEST_STAT_H

#include "guest/guest.h"

bool stat_op_stat(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);
bool stat_op_sync(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);

#endif
