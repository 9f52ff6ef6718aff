/* tests/bench/rows_term.c: terminal output into text, on what terminals really get. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <vterm.h>

#include "engine/term/plain.h"
#include "engine/term/plain_linear.h"
#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 9
#define CORPUS_BYTES ((size_t)64 << 20)
#define VTERM_BYTES ((size_t)2 << 20)
#define GRID_BYTES ((size_t)16 << 20)

/* The output of a script, with the line ends of a PTY, repeated to CORPUS_BYTES; made once. */
static bool make_corpus(const char *name, const char *script, struct buf *ret,
                        struct pyro_error *err)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    struct outcome o;

    if (!process_run(argv, &o, err)) {
        err->code = PYRO_DEPENDENCY_MISSING;
        return false;
    }
    buf_init(ret, CORPUS_BYTES + (1 << 20));
    while (o.out.len && ret->len < CORPUS_BYTES)
        if (!buf_append(ret, o.out.data, o.out.len))
            break;
    outcome_release(&o);
    return ret->len >= CORPUS_BYTES ||
           pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s: no output", name);
}

static const char text_script[] =
    "find . -name '*.[ch]' | sort | xargs cat | tr -d '\\t' | sed 's/$/\\r/' | head -c 250000";
static const char colour_script[] =
    "git log --stat --color=always -p -n 200 -- '*.c' '*.h' '*.md' "
    "| sed 's/$/\\r/' | head -c 250000 | sed '$d'"; /* whole lines */

/* Time on this process's own core, so that other load on the machine does not count. */
static int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double mb_per_s(size_t n, int64_t ns)
{
    return (double)n * 1e3 / (double)(ns ? ns : 1);
}

static bool sample_linear(const struct buf *corpus, struct bench_result *ret,
                          struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(2 * CORPUS_BYTES);
    int64_t start = cpu_ns();

    if (plain_linear_render(corpus->data, corpus->len, 120, 0, NULL, &text) != PLAIN_LINEAR_DONE)
        return pyro_fail(err, PYRO_INTERNAL, "the linear renderer refused");
    samples_add(&ret->ours, mb_per_s(corpus->len, cpu_ns() - start));
    return true;
}

static bool sample_memcpy(const struct buf *corpus, struct bench_result *ret,
                          struct pyro_error *err)
{
    int64_t start = cpu_ns();
    char *copy = malloc(corpus->len);
    volatile char sink;

    if (!copy)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    memcpy(copy, corpus->data, corpus->len);
    sink = copy[corpus->len / 2];
    (void)sink;
    samples_add(&ret->peer, mb_per_s(corpus->len, cpu_ns() - start));
    free(copy);
    return true;
}

/* The corpus is ours, so libvterm may have it as it is. */
static void sample_libvterm(const struct buf *corpus, struct bench_result *ret)
{
    VTerm *vt = vterm_new(30, 120);
    int64_t start;

    vterm_set_utf8(vt, 1);
    vterm_screen_reset(vterm_obtain_screen(vt), 1);
    start = cpu_ns();
    for (size_t at = 0; at < VTERM_BYTES; at += 4096) /* its stack grows with a write */
        vterm_input_write(vt, corpus->data + at, 4096);
    samples_add(&ret->peer, mb_per_s(VTERM_BYTES, cpu_ns() - start));
    vterm_free(vt);
}

static bool plain_text(struct bench_result *ret, struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    bool ok = make_corpus("text", text_script, &corpus, err);

    for (int i = 0; i < RUNS && ok; i++)
        ok = sample_linear(&corpus, ret, err) && sample_memcpy(&corpus, ret, err);
    return ok;
}

static bool plain_colour(struct bench_result *ret, struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    bool ok = make_corpus("colour", colour_script, &corpus, err);

    for (int i = 0; i < RUNS && ok; i++) {
        ok = sample_linear(&corpus, ret, err);
        sample_libvterm(&corpus, ret);
    }
    return ok;
}

static bool plain_grid(struct bench_result *ret, struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    struct plain_options options = { .rows = 30, .cols = 120 };
    bool ok = make_corpus("colour", colour_script, &corpus, err);

    for (int i = 0; i < RUNS && ok; i++) {
        scoped_buf text = BUF_INIT(2 * GRID_BYTES);
        int64_t start = cpu_ns();
        bool alt;

        ok = plain_render_on_grid(corpus.data, GRID_BYTES, &options, &text, &alt) ||
             pyro_fail(err, PYRO_INTERNAL, "the grid renderer failed");
        samples_add(&ret->ours, mb_per_s(GRID_BYTES, cpu_ns() - start));
        sample_libvterm(&corpus, ret);
    }
    return ok;
}

/* One whole process from file to /dev/null, beside cat doing nothing to the same bytes. */
static bool render_file(struct bench_result *ret, struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    scoped_free char *path = bench_path("colour.log");
    const char *const ours[] = { "sh",         "-c", "exec \"$0\" render \"$1\" >/dev/null",
                                 bench_pyro(), path, NULL };
    const char *const peer[] = { "sh", "-c", "cat \"$0\" | cat >/dev/null", path, NULL };
    bool ok = make_corpus("colour", colour_script, &corpus, err) &&
              fs_replace(AT_FDCWD, path, corpus.data, corpus.len, 0600, err);

    for (int i = 0; i < RUNS && ok; i++)
        ok = process_sample(ours, ret, err) && process_sample_peer(peer, ret, err);
    unlink(path);
    return ok;
}

const struct bench_row bench_term_rows[] = {
    { .name = "plain, text without escapes",
      .unit = "MB/s",
      .target = 1000,
      .sense = AT_LEAST,
      .peer = "memcpy into fresh memory",
      .measure = plain_text },
    { .name = "plain, colour-heavy log",
      .unit = "MB/s",
      .target = 500,
      .sense = AT_LEAST,
      .peer = "libvterm",
      .measure = plain_colour },
    { .name = "plain on the grid, colour-heavy log",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "libvterm",
      .measure = plain_grid },
    { .name = "render of a 64 MiB coloured log",
      .unit = "ms",
      .sense = AT_MOST,
      .peer = "cat | cat",
      .measure = render_file },
    { .name = NULL },
};
