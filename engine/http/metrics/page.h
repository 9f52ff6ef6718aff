/*
 * pyro-metrics: one page for those who measure, by HTTP. For each request that is served one byte is
 * written, and the page read, its length before it (u64): who started it makes it. Everything is
 * bounded: connections, their memory, the time they may take, the page.
 */
#ifndef PYRO_METRICS_PAGE_H
#define PYRO_METRICS_PAGE_H

#include "vmm/base/error.h"

struct metrics_page {
    int listen_fd;
    int in_fd, out_fd; /* pages, and requests for them */
    unsigned client_limit_seconds;
};

/* Until in_fd ends. */
bool metrics_page_serve(const struct metrics_page *page, struct pyro_error *err) MUST_CHECK;

#endif
