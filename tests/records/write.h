/* Many workspaces that are nothing but records, for tools that look at many. */
#ifndef PYRO_RECORDS_WRITE_H
#define PYRO_RECORDS_WRITE_H

#include "vmm/base/error.h"

#define RECORDS_STARTED_MAX 1024

/* The locks of the started ones, as their supervisors would hold them. */
struct records {
    int locks[RECORDS_STARTED_MAX];
    unsigned count;
};

/* Writes them where pyro keeps them. */
bool records_write(unsigned stopped, unsigned started, struct records *ret,
                   struct pyro_error *err) MUST_CHECK;
void records_release(struct records *r);

#endif
