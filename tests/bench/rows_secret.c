/* tests/bench/rows_secret.c: secrets taken out of a stream. */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"
#include "vmm/base/redact.h"
#include "vmm/base/wire.h"

#define RUNS 9
#define VALUES 20
#define STREAM_BYTES ((size_t)32 << 20)
#define VALUE_EVERY 8192 /* bytes from one value in the stream to the next */

/* Tokens as services give them out, of 20 to 58 characters. */
static void make_values(struct buf values[VALUES])
{
    static const char *const prefixes[] = { "ghp_", "sk-proj-", "AKIA", "xoxb-", "eyJhbGciOi" };

    for (unsigned i = 0; i < VALUES; i++) {
        unsigned char bytes[24];
        char hex[2 * sizeof(bytes) + 1];
        random_bytes(bytes, sizeof(bytes));
        hex_encode(bytes, sizeof(bytes), hex);
        values[i] = (struct buf)BUF_INIT(256);
        BUG_ON(!buf_printf(&values[i], "%s%.*s", prefixes[i % ARRAY_SIZE(prefixes)],
                           16 + (int)i % 5 * 8, hex));
    }
}

/* The project's own sources again and again, with a value now and then. */
static bool make_stream(const struct buf values[VALUES], struct buf *ret, struct pyro_error *err)
{
    const char *const argv[] = { "sh", "-c", "cat engine/*/*.c | head -c 250000", NULL };
    struct outcome o;
    size_t from = 0;

    if (!process_run(argv, &o, err))
        return false;
    *ret = (struct buf)BUF_INIT(STREAM_BYTES + 2 * VALUE_EVERY);
    for (unsigned i = 0; o.out.len > VALUE_EVERY && ret->len < STREAM_BYTES; i++) {
        if (from + VALUE_EVERY > o.out.len)
            from = 0;
        BUG_ON(!buf_append(ret, o.out.data + from, VALUE_EVERY) ||
               !buf_append(ret, values[i % VALUES].data, values[i % VALUES].len) ||
               !buf_append(ret, "\n", 1));
        from += VALUE_EVERY;
    }
    outcome_release(&o);
    return ret->len >= STREAM_BYTES || pyro_fail(err, PYRO_DEPENDENCY_MISSING, "no sources");
}

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* In frames, as a guest's output comes; what comes out is what the peer's file is compared with. */
static void sample(const struct redactor *r, const struct buf *stream, struct buf *out,
                   struct bench_result *ret)
{
    struct redact_stream s;
    double start = cpu_ms();

    buf_clear(out);
    redact_stream_init(&s, r);
    for (size_t at = 0; at < stream->len; at += WIRE_PAYLOAD_MAX) {
        size_t left = stream->len - at, n = left < WIRE_PAYLOAD_MAX ? left : WIRE_PAYLOAD_MAX;
        BUG_ON(!redact_stream_push(&s, stream->data + at, n, n == left, out));
    }
    redact_stream_release(&s);
    samples_add(&ret->ours, (double)stream->len / 1e3 / (cpu_ms() - start));
}

static bool sample_sed(const char *const *argv, const struct buf *stream, struct bench_result *ret,
                       struct pyro_error *err)
{
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    samples_add(&ret->peer, (double)stream->len / 1e3 / (o.cpu_ms > 0 ? o.cpu_ms : 1));
    outcome_release(&o);
    return true;
}

static bool check_same(const char *path, const struct buf *out, struct pyro_error *err)
{
    scoped_buf theirs = BUF_INIT(2 * STREAM_BYTES);

    if (!fs_read_file(AT_FDCWD, path, &theirs, err))
        return false;
    return (theirs.len == out->len && !memcmp(theirs.data, out->data, out->len)) ||
           pyro_fail(err, PYRO_INTERNAL, "what comes out is not what sed makes of it");
}

static bool redaction(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *path = bench_path("stream"), *script = bench_path("stream.sed"),
                     *made = bench_path("stream.sed.out");
    const char *const sed[] = { "sh", "-c", "exec sed -f \"$0\" <\"$1\" >\"$2\"", script, path,
                                made, NULL };
    scoped_buf stream = { 0 }, out = BUF_INIT(2 * STREAM_BYTES), lines = BUF_INIT(65536);
    scoped_redactor *r = NULL;
    struct buf values[VALUES];
    bool ok;

    make_values(values);
    r = redactor_new(values, VALUES);
    ok = r && make_stream(values, &stream, err);
    for (unsigned i = 0; i < VALUES; i++) {
        BUG_ON(!buf_printf(&lines, "s/%s/\\[REDACTED]/g\n", values[i].data));
        buf_release(&values[i]);
    }
    ok = ok && fs_replace(AT_FDCWD, path, stream.data, stream.len, 0600, err) &&
         fs_replace(AT_FDCWD, script, lines.data, lines.len, 0600, err);
    for (int i = 0; i < RUNS && ok; i++) {
        sample(r, &stream, &out, ret);
        ok = sample_sed(sed, &stream, ret, err) && (i || check_same(made, &out, err));
    }
    unlink(path);
    unlink(script);
    unlink(made);
    return ok;
}

const struct bench_row bench_secret_rows[] = {
    { .name = "redaction of a stream with 20 secrets",
      .unit = "MB/s",
      .target = 300,
      .sense = AT_LEAST,
      .peer = "`sed` with the same patterns",
      .measure = redaction },
    { .name = NULL },
};
