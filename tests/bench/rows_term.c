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

/* What a compiler says about the project's own files when no header is there. */
static const char compiler_script[] =
    "for f in $(find engine vmm -name '*.c' | sort | head -n 40); do"
    " { printf '# 1 \"%s\"\\n' \"$f\"; sed 's/^#include.*//' \"$f\"; } |"
    " gcc -x c -std=gnu11 -Wall -Wextra -fsyntax-only -fdiagnostics-color=always - 2>&1;"
    " done | sed 's/$/\\r/' | head -c 250000 | sed '$d'";
/* Recorded on a terminal of 100 columns and 30 rows. */
static const char progress_script[] = "cat tests/bench/corpora/apt-progress.log";
static const char less_script[] = "cat tests/bench/corpora/less.log";

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

/* --- recorded terminals --- */

/* As a read does it: the linear renderer, and all of it again on the grid where that refuses. */
static bool sample_plain(const struct buf *corpus, size_t n, struct bench_result *ret,
                         struct pyro_error *err)
{
    struct plain_options options = { .rows = 30, .cols = 100 };
    scoped_buf text = BUF_INIT(2 * CORPUS_BYTES);
    int64_t start = cpu_ns();
    bool grid, alt;

    grid = plain_linear_render(corpus->data, n, options.cols, 0, NULL, &text) != PLAIN_LINEAR_DONE;
    if (grid) {
        text.len = 0;
        if (!plain_render_on_grid(corpus->data, n, &options, &text, &alt))
            return pyro_fail(err, PYRO_INTERNAL, "the grid renderer failed");
    }
    samples_add(&ret->ours, mb_per_s(n, cpu_ns() - start));
    snprintf(ret->note, sizeof(ret->note), "%.1f MB, by the %s renderer", (double)n / 1e6,
             grid ? "grid" : "linear");
    return true;
}

static bool plain_corpus(const char *name, const char *script, size_t n, struct bench_result *ret,
                         struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    bool ok = make_corpus(name, script, &corpus, err);

    for (int i = 0; i < RUNS && ok; i++) {
        ok = sample_plain(&corpus, n, ret, err);
        sample_libvterm(&corpus, ret);
    }
    return ok;
}

static bool plain_compiler(struct bench_result *ret, struct pyro_error *err)
{
    return plain_corpus("compiler log", compiler_script, CORPUS_BYTES, ret, err);
}

static bool plain_progress(struct bench_result *ret, struct pyro_error *err)
{
    return plain_corpus("progress bar", progress_script, CORPUS_BYTES, ret, err);
}

static bool plain_less(struct bench_result *ret, struct pyro_error *err)
{
    return plain_corpus("less", less_script, GRID_BYTES, ret, err);
}

/* --- reads from a cursor, far behind the log's start --- */

#define STRETCH_BYTES ((size_t)64 * 1024)

static bool sample_cursor(const struct buf *corpus, bool grid, struct bench_result *ret,
                          struct pyro_error *err)
{
    struct plain_change change = { .before = BUF_INIT(CORPUS_BYTES),
                                   .after = BUF_INIT(CORPUS_BYTES) };
    size_t cursor = CORPUS_BYTES / 2, end = cursor + (grid ? 0 : STRETCH_BYTES);
    struct plain_options options = { .rows = 30, .cols = 120 };
    int64_t start = cpu_ns();
    size_t from = plain_find_start(corpus->data, cursor);
    bool alt, ok;

    options.from = cursor - from;
    ok = grid ? plain_change_on_grid(corpus->data + from, end - from, &options, &change, &alt)
              : plain_change_linear(corpus->data + from, end - from, &options, &change) ==
                    PLAIN_LINEAR_DONE;
    ok = (ok && plain_change_cut(&change)) ||
         pyro_fail(err, PYRO_INTERNAL, "the renderer failed or refused");
    samples_add(&ret->ours, (double)(cpu_ns() - start) / 1e6);
    plain_change_release(&change);
    return ok;
}

static bool cursor_linear(struct bench_result *ret, struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    bool ok = make_corpus("colour", colour_script, &corpus, err);

    for (int i = 0; i < RUNS && ok; i++)
        ok = sample_cursor(&corpus, false, ret, err);
    return ok;
}

static bool cursor_grid(struct bench_result *ret, struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    bool ok = make_corpus("less", less_script, &corpus, err);

    for (int i = 0; i < RUNS && ok; i++)
        ok = sample_cursor(&corpus, true, ret, err);
    return ok;
}

/* --- programs that strip escapes, and know nothing of lines --- */

/* Prints how long strip-ansi took for the file, in ns; it has seen the text once before. */
static const char strip_script[] =
    "const module = require('strip-ansi'), strip = module.default || module;"
    "const text = require('fs').readFileSync(process.argv[1], 'utf8');"
    "strip(text); const before = process.cpuUsage(); strip(text);"
    "const used = process.cpuUsage(before); console.log((used.user + used.system) * 1000)";

static bool sample_strip(const char *path, size_t n, struct bench_result *ret,
                         struct pyro_error *err)
{
    /* Where Debian has it; a node of another origin does not look there. */
    const char *const argv[] = {
        "env", "NODE_PATH=/usr/share/nodejs", "node", "-e", strip_script, path, NULL
    };
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    samples_add(&ret->peer, mb_per_s(n, o.out.data ? strtoll(o.out.data, NULL, 10) : 0));
    outcome_release(&o);
    return true;
}

static bool beside_strip(const char *script, struct bench_result *ret, struct pyro_error *err)
{
    static const char *const have[] = { "env", "NODE_PATH=/usr/share/nodejs", "node",
                                        "-e",  "require('strip-ansi')",       NULL };
    scoped_buf corpus = { 0 };
    scoped_free char *path = bench_path("strip.log");
    bool peer = process_quietly(have, NULL);
    bool ok = make_corpus("log", script, &corpus, err) &&
              fs_replace(AT_FDCWD, path, corpus.data, GRID_BYTES, 0600, err);

    if (!peer)
        snprintf(ret->peer_missing, sizeof(ret->peer_missing), "node-strip-ansi is not installed");
    for (int i = 0; i < RUNS && ok; i++)
        ok =
            sample_linear(&corpus, ret, err) && (!peer || sample_strip(path, GRID_BYTES, ret, err));
    unlink(path);
    return ok;
}

static bool text_beside_strip(struct bench_result *ret, struct pyro_error *err)
{
    snprintf(ret->note, sizeof(ret->note),
             "strip-ansi finds nothing to take away there; CR and line ends stay as they are");
    return beside_strip(text_script, ret, err);
}

static bool colour_beside_strip(struct bench_result *ret, struct pyro_error *err)
{
    return beside_strip(colour_script, ret, err);
}

/* The CPU time of a whole process that reads the corpus, as MB/s. */
static bool sample_process(const char *const *argv, struct samples *ret, struct pyro_error *err)
{
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    samples_add(ret, mb_per_s(CORPUS_BYTES, (int64_t)(o.cpu_ms * 1e6)));
    outcome_release(&o);
    return true;
}

static bool beside_ansi2txt(const char *script, struct bench_result *ret, struct pyro_error *err)
{
    scoped_buf corpus = { 0 };
    scoped_free char *path = bench_path("ansi2txt.log");
    const char *const ours[] = { "sh",         "-c", "exec \"$0\" render --plain \"$1\" >/dev/null",
                                 bench_pyro(), path, NULL };
    const char *const theirs[] = { "sh", "-c", "exec ansi2txt <\"$0\" >/dev/null", path, NULL };
    bool peer = program_exists("ansi2txt");
    bool ok = make_corpus("log", script, &corpus, err) &&
              fs_replace(AT_FDCWD, path, corpus.data, CORPUS_BYTES, 0600, err);

    if (!peer)
        snprintf(ret->peer_missing, sizeof(ret->peer_missing), "colorized-logs is not installed");
    for (int i = 0; i < RUNS && ok; i++)
        ok = sample_process(ours, &ret->ours, err) &&
             (!peer || sample_process(theirs, &ret->peer, err));
    unlink(path);
    return ok;
}

static bool text_beside_ansi2txt(struct bench_result *ret, struct pyro_error *err)
{
    return beside_ansi2txt(text_script, ret, err);
}

static bool colour_beside_ansi2txt(struct bench_result *ret, struct pyro_error *err)
{
    return beside_ansi2txt(colour_script, ret, err);
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
    { .name = "plain, coloured compiler log",
      .unit = "MB/s",
      .target = 500,
      .sense = AT_LEAST,
      .peer = "libvterm",
      .measure = plain_compiler },
    { .name = "plain, progress bar of apt",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "libvterm",
      .measure = plain_progress },
    { .name = "plain, less and its screens",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "libvterm",
      .measure = plain_less },
    { .name = "plain, 64 KiB from a cursor, colour-heavy log",
      .unit = "ms",
      .target = 0.2,
      .sense = AT_MOST,
      .measure = cursor_linear },
    { .name = "plain, from a cursor, 256 KiB of less before it",
      .unit = "ms",
      .target = 20,
      .sense = AT_MOST,
      .measure = cursor_grid },
    { .name = "plain, text without escapes, beside strip-ansi",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "strip-ansi in a warm node",
      .measure = text_beside_strip },
    { .name = "plain, colour-heavy log, beside strip-ansi",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "strip-ansi in a warm node",
      .measure = colour_beside_strip },
    { .name = "render of text without escapes, beside ansi2txt",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "ansi2txt, as a process as well",
      .measure = text_beside_ansi2txt },
    { .name = "render of a colour-heavy log, beside ansi2txt",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "ansi2txt, as a process as well",
      .measure = colour_beside_ansi2txt },
    { .name = "render of a 64 MiB coloured log",
      .unit = "ms",
      .sense = AT_MOST,
      .peer = "cat | cat",
      .measure = render_file },
    { .name = NULL },
};
