/*
 * engine/image/tar/inflating.c: a ring of pieces in shared memory. Jobs and emptied places go one way
 * through a pipe each, filled places the other way. Either side ends when the other does.
 */
#include "engine/image/tar/inflating.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/hash/hash.h"

#define PIECE_BYTES (256 * 1024)
#define PIECES 8

struct shared {
    struct pyro_error why; /* of the last job, if it failed */
    uint8_t pieces[PIECES][PIECE_BYTES];
};

struct piece {
    int64_t consumed;
    int32_t n; /* bytes; 0: the end; -1: it failed */
    uint32_t zero;
};

struct request {
    struct inflate_job job;
    int arrivals_fd;
};

/* The process, as the one that began it sees it. */
static struct {
    pid_t pid; /* 0: there is none */
    struct shared *shared;
    int jobs_fd, emptied_fd, filled_fd;
    unsigned next; /* place to be filled */
} process;

static struct arrivals arrivals = { .fd = -1 };

static bool write_whole(int fd, const void *bytes, size_t n)
{
    ssize_t done;

    do
        done = write(fd, bytes, n);
    while (done < 0 && errno == EINTR);
    return done == (ssize_t)n;
}

/* Messages are smaller than a pipe writes in one piece. */
static bool read_whole(int fd, void *ret, size_t n)
{
    ssize_t got;

    do
        got = read(fd, ret, n);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)n;
}

/* --- in the process --- */

struct worker {
    struct shared *shared;
    int jobs_fd, emptied_fd, filled_fd;
    unsigned next, free;
};

static bool take_place(struct worker *w)
{
    char emptied[PIECES];
    ssize_t n;

    while (w->free == 0) {
        n = read(w->emptied_fd, emptied, sizeof(emptied));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        w->free += (unsigned)n;
    }
    return true;
}

/* False: nobody wants more. */
static bool do_job(struct worker *w, const struct request *r)
{
    struct pyro_error why = { 0 };
    struct inflate *i;
    struct piece piece = { .n = 1 };

    arrivals.fd = r->arrivals_fd;
    i = inflate_new(&r->job, &arrivals, &why);
    while (piece.n > 0) {
        if (!take_place(w))
            return false;
        piece.n = i ? (int32_t)inflate_read(i, w->shared->pieces[w->next], PIECE_BYTES, &why) : -1;
        if (piece.n < 0)
            w->shared->why = why;
        piece.consumed = i ? inflate_consumed(i) : 0;
        if (piece.n > 0) {
            w->next = (w->next + 1) % PIECES;
            w->free--;
        }
        if (!write_whole(w->filled_fd, &piece, sizeof(piece)))
            return false;
    }
    inflate_free(i);
    return piece.n == 0;
}

_Noreturn static void work(struct worker *w, bool (*confine)(struct pyro_error *err))
{
    struct request r;
    struct pyro_error err = { 0 };

    close(STDOUT_FILENO);
    signal(SIGPIPE, SIG_IGN);
    if (confine(&err))
        while (read_whole(w->jobs_fd, &r, sizeof(r)) && do_job(w, &r))
            ;
    _exit(0);
}

/* --- the one that began it --- */

static void close_pair(int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

static bool make_pipes(int jobs[2], int emptied[2], int filled[2])
{
    if (pipe2(jobs, O_CLOEXEC) != 0)
        return false;
    if (pipe2(emptied, O_CLOEXEC) == 0) {
        if (pipe2(filled, O_CLOEXEC) == 0)
            return true;
        close_pair(emptied);
    }
    close_pair(jobs);
    return false;
}

bool inflating_prepare(bool (*confine)(struct pyro_error *err), struct pyro_error *err)
{
    int jobs[2], emptied[2], filled[2];
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    if (shared == MAP_FAILED)
        return pyro_no_memory(err, NULL);
    if (!hash_prepare(err) || !make_pipes(jobs, emptied, filled)) {
        munmap(shared, sizeof(*shared));
        return pyro_fail_errno(err, "begin a process");
    }
    pid = fork();
    if (pid == 0) {
        struct worker w = { .shared = shared,
                            .jobs_fd = jobs[0],
                            .emptied_fd = emptied[0],
                            .filled_fd = filled[1],
                            .free = PIECES };
        close(jobs[1]);
        close(emptied[1]);
        close(filled[0]);
        work(&w, confine);
    }
    close(jobs[0]);
    close(emptied[0]);
    close(filled[1]);
    process.pid = pid;
    process.shared = shared;
    process.jobs_fd = jobs[1];
    process.emptied_fd = emptied[1];
    process.filled_fd = filled[0];
    process.next = 0;
    if (pid > 0)
        return true;
    pyro_fail_errno(err, "begin a process");
    inflating_end();
    return false;
}

void inflating_end(void)
{
    if (!process.shared)
        return;
    close(process.jobs_fd);
    close(process.emptied_fd);
    close(process.filled_fd);
    if (process.pid > 0)
        waitpid(process.pid, NULL, 0);
    munmap(process.shared, sizeof(*process.shared));
    memset(&process, 0, sizeof(process));
}

void inflating_watch(int arrivals_fd)
{
    arrivals = (struct arrivals){ .fd = arrivals_fd };
}

bool inflating_begin(struct inflating *s, const struct inflate_job *job, struct pyro_error *err)
{
    struct request r = { .arrivals_fd = arrivals.fd };

    *s = (struct inflating){ .is_there = process.pid > 0 };
    r.job = *job;
    if (s->is_there)
        return write_whole(process.jobs_fd, &r, sizeof(r)) ||
               pyro_fail_errno(err, "give the decompressor a job");
    s->bytes = malloc(PIECE_BYTES);
    if (!s->bytes)
        return pyro_no_memory(err, NULL);
    s->here = inflate_new(job, &arrivals, err);
    return s->here != NULL;
}

/* The place of the last piece is free again. A process that has ended takes none, but what it said
 * before is still to be read. */
static void give_back(struct inflating *s)
{
    if (s->has_piece)
        (void)!write_whole(process.emptied_fd, "", 1);
    s->has_piece = false;
}

static bool fail_there(struct pyro_error *err)
{
    struct pyro_error why = process.shared->why;

    why.message[sizeof(why.message) - 1] = why.hint[sizeof(why.hint) - 1] = '\0';
    return pyro_copy(err, &why);
}

static bool next_from_process(struct inflating *s, const void **ret, size_t *ret_n,
                              struct pyro_error *err)
{
    struct piece piece;

    give_back(s);
    if (!read_whole(process.filled_fd, &piece, sizeof(piece)) || piece.n > PIECE_BYTES)
        return pyro_fail(err, PYRO_INTERNAL, "the decompressor ended");
    if (piece.n < 0)
        return fail_there(err);
    *ret = process.shared->pieces[process.next];
    *ret_n = (size_t)piece.n;
    s->consumed = piece.consumed;
    s->has_piece = piece.n > 0;
    if (piece.n > 0)
        process.next = (process.next + 1) % PIECES;
    return true;
}

bool inflating_next(struct inflating *s, const void **ret, size_t *ret_n, struct pyro_error *err)
{
    ssize_t n;

    if (s->is_there)
        return next_from_process(s, ret, ret_n, err);
    n = inflate_read(s->here, s->bytes, PIECE_BYTES, err);
    if (n < 0)
        return false;
    *ret = s->bytes;
    *ret_n = (size_t)n;
    s->consumed = inflate_consumed(s->here);
    return true;
}

void inflating_release(struct inflating *s)
{
    inflate_free(s->here);
    free(s->bytes);
    *s = (struct inflating){ 0 };
}
