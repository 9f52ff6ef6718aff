/* engine/supervisor/shell_query.c: answers to programs that ask their terminal. */
#include "engine/supervisor/shell_query.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/state/shell_notes.h"
#include "engine/term/screen.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/base/sock.h"

#define ANSWERS_MAX 16   /* a second */
#define RENDERINGS_MAX 4 /* at once, of all shells of the workspace */
#define RENDER_MS 5000
#define WINDOW ((uint64_t)4 * SCREEN_LOOK_BACK)
#define SCREEN_BYTES_MAX ((size_t)64 << 20)

static unsigned renderings;

static void forget(struct shell_query *q)
{
    q->count = 0;
    q->wants_cursor = false;
}

static void answer(struct shell_query *q, int row, int col)
{
    scoped_buf text = BUF_INIT(QUERY_GROUP_MAX * QUERY_ANSWER_MAX);
    char buffer[QUERY_ANSWER_MAX];
    bool whole = true;
    scoped_json json_t *message = NULL;

    for (unsigned i = 0; i < q->count; i++) {
        const char *one = query_answer(q->asked[i].query, row, col, q->asked[i].bell, buffer);
        if (one)
            whole = whole && buf_append_str(&text, one);
    }
    message = json_pack("{s:s, s:I}", "reply", whole && text.len ? text.data : "", "offset",
                        (json_int_t)q->guest_end);
    if (whole && text.len && message)
        stream_message(q->guest, message); /* a guest that is gone asks no more */
    forget(q);
}

/* ---- where the cursor is ---- */

static void end_rendering(struct shell_query *q)
{
    if (!q->pid)
        return;
    loop_timer_cancel(q->loop, &q->late);
    loop_unwatch(q->loop, q->fd);
    close(take_fd(&q->fd));
    proc_kill(q->pid); /* it has said everything, or says nothing more */
    q->pid = 0;
    renderings--;
}

static void shell_query_on_late(void *arg)
{
    end_rendering(arg);
    forget(arg);
}

static void shell_query_on_screen(void *arg, uint32_t events UNUSED)
{
    struct shell_query *q = arg;
    struct screen screen;
    char chunk[16384];
    ssize_t n = read(q->fd, chunk, sizeof(chunk));

    if ((n < 0 && (errno == EAGAIN || errno == EINTR)) ||
        (n > 0 && buf_append(&q->screen, chunk, (size_t)n)))
        return;
    end_rendering(q);
    if (n == 0 && screen_parse(q->screen.data, q->screen.len, &screen, NULL)) {
        answer(q, screen.cursor_row, screen.cursor_col);
        screen_release(&screen);
    }
    forget(q);
}

/* Starts a child that renders the screen as it was at the question. */
static bool render(struct shell_query *q, struct shell_window window)
{
    struct plain_options options;
    struct shell_notes notes;
    size_t start;
    int ends[2];
    bool ok;

    if (!shell_notes_load_screen(q->log->workspace_fd, q->log->record->id, window, &start, &notes,
                                 NULL))
        return false;
    options = shell_notes_options(&notes, true);
    ok = pipe2(ends, O_CLOEXEC) == 0;
    if (ok) {
        ok = screen_spawn(window.bytes + start, window.size - start, &options, ends[1], &q->pid,
                          NULL);
        close(ends[1]);
        q->fd = ends[0];
        if (!ok) {
            close(take_fd(&q->fd));
            q->pid = 0;
        }
    }
    shell_notes_release(&notes);
    if (!ok)
        return false;
    renderings++;
    buf_clear(&q->screen);
    loop_timer_set(q->loop, &q->late, RENDER_MS, shell_query_on_late, q);
    if (fd_set_nonblocking(q->fd, true) &&
        loop_watch(q->loop, q->fd, EPOLLIN, shell_query_on_screen, q, NULL))
        return true;
    end_rendering(q);
    return false;
}

static bool find_cursor(struct shell_query *q)
{
    uint64_t first = q->log->file.first;
    uint64_t from = q->end > first + WINDOW ? q->end - WINDOW : first;
    size_t n = q->end > from ? (size_t)(q->end - from) : 0;
    scoped_free char *bytes = malloc(n + 1);

    return renderings < RENDERINGS_MAX && bytes &&
           fs_pread_full(q->log->file.fd, bytes, n, (off_t)from) == (ssize_t)n &&
           render(q, (struct shell_window){ .bytes = bytes, .size = n, .at = from });
}

/* ---- questions ---- */

static void shell_query_answer_later(void *arg)
{
    struct shell_query *q = arg;

    if (!q->count || q->pid) /* the cursor is being located already */
        return;
    if (!q->wants_cursor)
        answer(q, 0, 0);
    else if (!find_cursor(q))
        forget(q);
}

static bool may_answer(struct shell_query *q)
{
    int64_t now = clock_ms();

    if (now - q->window_ms >= 1000) {
        q->window_ms = now;
        q->answered = 0;
    }
    return q->answered++ < ANSWERS_MAX;
}

/* A question that comes while another is being answered, but not right after it, replaces it: that
 * one's program has printed since. */
static void shell_query_on_asked(void *arg, const struct track_event *e, uint64_t guest_offset)
{
    struct shell_query *q = arg;
    bool in_a_row = q->count && e->from == q->end;

    if (!in_a_row) {
        end_rendering(q);
        forget(q);
    }
    if (e->query != QUERY_OTHER && (q->count == QUERY_GROUP_MAX || !may_answer(q)))
        return;
    if (e->query == QUERY_OTHER && !q->count)
        return;
    if (e->query != QUERY_OTHER) {
        q->asked[q->count].query = e->query;
        q->asked[q->count++].bell = e->bell;
        q->wants_cursor |= e->query == QUERY_CURSOR || e->query == QUERY_DEC_CURSOR;
    }
    q->end = e->offset;
    q->guest_end = guest_offset;
    loop_defer(q->loop, &q->later, shell_query_answer_later, q);
}

void shell_query_init(struct shell_query *q, struct loop *loop, struct shell_log *log,
                      struct stream *guest)
{
    *q = (struct shell_query){ .loop = loop, .log = log, .guest = guest, .fd = -1 };
    buf_init(&q->screen, SCREEN_BYTES_MAX);
    log->asked = shell_query_on_asked;
    log->asked_arg = q;
}

void shell_query_release(struct shell_query *q)
{
    if (!q->loop)
        return;
    end_rendering(q);
    loop_defer_cancel(q->loop, &q->later);
    buf_release(&q->screen);
}
