/* vmm/tsc.c: measuring the time stamp counter. */
#include "vmm/tsc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "vmm/base/cleanup.h"

#define KHZ_MIN 100000UL   /* no such processor is slower … */
#define KHZ_MAX 20000000UL /* … or faster */
#define KHZ_ANY 2000000UL  /* any value is better than none: the guest boots, its clock is wrong */
#define TRIES 5

/* The clock in nanoseconds and the TSC, read within a microsecond of each other if possible. */
static int64_t read_clocks(uint64_t *ret_tsc)
{
    struct timespec before, after;
    int64_t ns;

    for (int i = 0; i < 1000; i++) {
        clock_gettime(CLOCK_MONOTONIC_RAW, &before);
        *ret_tsc = __rdtsc();
        clock_gettime(CLOCK_MONOTONIC_RAW, &after);
        ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
        if (ns < 1000)
            break;
    }
    return after.tv_sec * 1000000000LL + after.tv_nsec;
}

static unsigned long measure(void)
{
    const int64_t span_ns = 20 * 1000000;
    uint64_t first, last;
    int64_t start = read_clocks(&first), end;

    do {
        end = read_clocks(&last);
    } while (end - start < span_ns);
    return last > first ? (unsigned long)((double)(last - first) * 1e6 / (double)(end - start)) : 0;
}

static bool is_likely(unsigned long khz)
{
    return khz >= KHZ_MIN && khz <= KHZ_MAX;
}

/* The rate the kernel reports for the first processor; 0 when it reports none. */
static unsigned long kernel_khz(void)
{
    scoped_file FILE *f = fopen("/proc/cpuinfo", "re");
    char line[256];
    double mhz;

    while (f && fgets(line, sizeof(line), f)) {
        const char *colon = strchr(line, ':');
        if (!strncmp(line, "cpu MHz", strlen("cpu MHz")) && colon &&
            sscanf(colon + 1, "%lf", &mhz) == 1 && mhz > 0 && mhz < 1e5)
            return (unsigned long)(mhz * 1000);
    }
    return 0;
}

unsigned long tsc_khz(void)
{
    unsigned long khz = 0;

    for (int i = 0; i < TRIES && !is_likely(khz); i++)
        khz = measure();
    if (!is_likely(khz))
        khz = kernel_khz();
    return is_likely(khz) ? khz : KHZ_ANY;
}
