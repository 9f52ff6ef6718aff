/* engine/state/shell_state.c: states of a shell's log, and the way from one to any place. */
#include "engine/state/shell_state.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/base/array.h"
#include "vmm/base/fs.h"

#define CHUNK 65536
#define RECORDS_KEPT 4096 /* more than a log has */
#define ALT_NOTES_MAX (1u << 20)
#define SUM_AT (SHELL_STATE_BYTES - 4)

/* Distinguishes a record from a hole, and from half of one. */
static uint32_t sum_of(const uint8_t *bytes)
{
    uint32_t sum = 0x9e3779b9;

    for (size_t i = 0; i < SUM_AT; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}

bool shell_state_write(int states_fd, uint64_t index, const struct shell_state *s)
{
    uint8_t bytes[SHELL_STATE_BYTES] = { 0 };

    put_u64(bytes, s->offset);
    put_u64(bytes + 8, s->events_at);
    put_u64(bytes + 16, s->events_end);
    put_u64(bytes + 24, s->times_at);
    put_u32(bytes + 32, (uint32_t)s->cols);
    put_u32(bytes + 36, (uint32_t)s->rows);
    bytes[40] = s->alternate;
    bytes[41] = (uint8_t)s->in_string;
    put_u32(bytes + SUM_AT, sum_of(bytes));
    return fs_pwrite_all(states_fd, bytes, sizeof(bytes), (off_t)(index * sizeof(bytes)));
}

static bool read_record(int states_fd, uint64_t index, struct shell_state *ret)
{
    uint8_t bytes[SHELL_STATE_BYTES];
    struct reader r = reader_of(bytes, sizeof(bytes));
    struct shell_state s = { 0 };
    uint32_t cols, rows, sum;
    uint8_t alternate, kind;

    if (states_fd < 0 || index > INT64_MAX / sizeof(bytes) ||
        fs_pread_full(states_fd, bytes, sizeof(bytes), (off_t)(index * sizeof(bytes))) !=
            sizeof(bytes))
        return false;
    if (!rd_u64(&r, &s.offset) || !rd_u64(&r, &s.events_at) || !rd_u64(&r, &s.events_end) ||
        !rd_u64(&r, &s.times_at) || !rd_u32(&r, &cols) || !rd_u32(&r, &rows) ||
        !rd_u8(&r, &alternate) || !rd_u8(&r, &kind))
        return false;
    r = reader_of(bytes + SUM_AT, sizeof(bytes) - SUM_AT);
    if (!rd_u32(&r, &sum) || sum != sum_of(bytes) || cols < 1 || cols > 1000 || rows < 1 ||
        rows > 1000)
        return false;
    s.alternate = alternate;
    s.in_string = (char)kind;
    s.cols = (int)cols;
    s.rows = (int)rows;
    *ret = s;
    return true;
}

void shell_state_before(int states_fd, uint64_t offset, struct shell_state *ret)
{
    struct shell_state s;
    uint64_t last = offset / SHELL_STATE_EVERY;
    uint64_t oldest = last > RECORDS_KEPT ? last - RECORDS_KEPT : 1;

    *ret = (struct shell_state){ .cols = 80, .rows = 24 };
    if (read_record(states_fd, 0, &s) && s.offset <= offset)
        *ret = s;
    for (uint64_t index = last; index >= oldest; index--)
        if (read_record(states_fd, index, &s) && s.offset <= offset) {
            if (s.offset >= ret->offset)
                *ret = s;
            return;
        }
}

bool shell_state_after(int states_fd, uint64_t offset, struct shell_state *ret)
{
    uint64_t index = offset / SHELL_STATE_EVERY;

    for (int i = 0; i < 2; i++, index++)
        if (index && read_record(states_fd, index, ret) && ret->offset >= offset)
            return true;
    return false;
}

bool alt_notes_add(struct alt_notes *notes, uint64_t offset, bool on)
{
    struct alt_note *more;

    if (notes->count == ALT_NOTES_MAX) /* from an older pyro, which also noted what is in the log */
        return true;
    more = array_grown(notes->items, sizeof(*notes->items), notes->count, &notes->room);
    if (!more)
        return false;
    notes->items = more;
    notes->items[notes->count++] = (struct alt_note){ offset, on };
    return true;
}

void alt_notes_release(struct alt_notes *notes)
{
    free(notes->items);
    *notes = (struct alt_notes){ 0 };
}

void shell_state_resume(struct track *t, const struct shell_state *s,
                        void (*on_event)(void *user, const struct track_event *event), void *user)
{
    track_init(t, s->offset, on_event, user);
    track_resume(t, s->alternate, s->in_string);
}

static bool feed_up_to(int log_fd, struct track *t, uint64_t to, struct pyro_error *err)
{
    char chunk[CHUNK];

    while (t->offset < to) {
        uint64_t left = to - t->offset;
        ssize_t n = pread(log_fd, chunk, left < CHUNK ? left : CHUNK, (off_t)t->offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pyro_fail_errno(err, "read the log of a shell");
        if (n == 0)
            return true;
        track_feed(t, chunk, (size_t)n);
    }
    return true;
}

bool shell_state_scan(int log_fd, struct track *t, uint64_t to, const struct alt_notes *notes,
                      struct pyro_error *err)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct alt_note *note = &notes->items[i];
        if (note->offset < t->offset || note->offset > to)
            continue;
        if (!feed_up_to(log_fd, t, note->offset, err))
            return false;
        track_set_alternate(t, note->on);
    }
    return feed_up_to(log_fd, t, to, err);
}
