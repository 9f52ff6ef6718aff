/* engine/helper/zstd.c: pyro-image zstd and unzstd. */
#include "engine/helper/zstd.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/helper/helper.h"

#define OUTPUT_FD 3
#define COMPRESS_MS (60 * 60 * 1000) /* at a priority at which it may wait */
#define DECOMPRESS_MS 120000

static bool run(const char *const *argv, int from_fd, int to_fd, int64_t timeout_ms,
                struct pyro_error *err)
{
    struct proc_spec spec = proc_spec_of(argv);
    scoped_json json_t *result = NULL;

    spec.stdin_fd = from_fd;
    spec.fds[0].from = to_fd, spec.fds[0].to = OUTPUT_FD;
    spec.fd_count = 1;
    result = helper_run(&spec, timeout_ms, err);
    return result != NULL;
}

bool zstd_compress(int from_fd, int to_fd, struct pyro_error *err)
{
    static const char *const argv[] = { "", "zstd", "--output-fd", "3", NULL };

    return run(argv, from_fd, to_fd, COMPRESS_MS, err);
}

bool zstd_decompress(int from_fd, int to_fd, uint64_t max_bytes, struct pyro_error *err)
{
    char max[24];
    const char *const argv[] = { "", "unzstd", "--output-fd", "3", "--max-bytes", max, NULL };

    snprintf(max, sizeof(max), "%" PRIu64, max_bytes);
    return run(argv, from_fd, to_fd, DECOMPRESS_MS, err);
}
