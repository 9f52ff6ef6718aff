/*
 * Sums of sizes named by others. They are stored and sent as signed 64-bit numbers, so that is
 * where they end: a sum never wraps and never turns negative.
 */
#ifndef PYRO_SUM_H
#define PYRO_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/cleanup.h"

/* Adds n; false, and nothing is added, when the sum would be over INT64_MAX. */
static inline MUST_CHECK bool sum_add(uint64_t *sum, uint64_t n)
{
    if (n > INT64_MAX || *sum > (uint64_t)INT64_MAX - n)
        return false;
    *sum += n;
    return true;
}

/* The same for n times `size`. */
static inline MUST_CHECK bool sum_add_times(uint64_t *sum, uint64_t n, uint64_t size)
{
    uint64_t product;

    return !__builtin_mul_overflow(n, size, &product) && sum_add(sum, product);
}

#endif
