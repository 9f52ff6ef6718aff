/*
 * What a monitor reads of this host's workspaces: the text format of Prometheus, version 0.0.4. Names
 * are foreign text: they are escaped, and control characters are left out of them.
 */
#ifndef PYRO_WORKSPACE_METRICS_H
#define PYRO_WORKSPACE_METRICS_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define METRICS_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

bool metrics_text(struct buf *ret, struct pyro_error *err) MUST_CHECK;

#endif
