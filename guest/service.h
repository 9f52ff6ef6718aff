/*
 * Services: commands that outlive every connection, with readiness told from inside.
 *
 * `service_start` starts one; `service_attach` carries one of its outputs (each has a stream of its
 * own), with absolute offsets, kept here until the host has them on its disk. The fate of the
 * service is reported on the stream of stdout, and asked for there. The service is its first
 * process: when that ends, the rest of its group is killed. An ended service is kept until the host
 * has closed the stream.
 */
#ifndef PYRO_GUEST_SERVICE_H
#define PYRO_GUEST_SERVICE_H

#include "guest/guest.h"

bool service_op_start(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);
bool service_op_attach(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);

#endif
