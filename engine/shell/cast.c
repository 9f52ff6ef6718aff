/*
 * engine/shell/cast.c: a recording as asciicast v2. An unfinished UTF-8 sequence at the end of a
 * stretch goes to the next one.
 */
#include "engine/shell/cast.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/shell/recording.h"
#include "vmm/base/utf8.h"

struct cast {
    const struct recording *r;
    FILE *out;
    struct record_result result;
    char carry[4]; /* an unfinished sequence */
    size_t carry_len;
    char chunk[RECORDING_STEP_MAX + 4];
};

static bool put_line(struct cast *c, int64_t ms, const char *kind, json_t *text,
                     struct pyro_error *err)
{
    scoped_json json_t *line = json_pack("[f, s, o]", (double)ms / 1000, kind, text);
    scoped_free char *s = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;

    if (!s || fprintf(c->out, "%s\n", s) < 0)
        return pyro_fail_errno(err, "write the recording");
    c->result.events++;
    c->result.duration_seconds = (double)ms / 1000;
    return true;
}

static bool put_output(struct cast *c, const struct recording_step *s, struct pyro_error *err)
{
    size_t n = c->carry_len + (size_t)(s->to - s->from), held;

    memcpy(c->chunk, c->carry, c->carry_len);
    if (!recording_read(c->r, s, c->chunk + c->carry_len, err))
        return false;
    held = s->to < c->r->end ? utf8_unfinished(c->chunk, n) : 0;
    memcpy(c->carry, c->chunk + n - held, held);
    c->carry_len = held;
    return n == held || put_line(c, s->ms, "o", json_string_lossy(c->chunk, n - held), err);
}

static bool put_step(struct cast *c, const struct recording_step *s, struct pyro_error *err)
{
    switch (s->kind) {
    case STEP_RESIZE:
        return put_line(c, s->ms, "r", json_sprintf("%dx%d", s->cols, s->rows), err);
    case STEP_LEAVE_ALTERNATE: /* the log's bytes, and no other */
        return true;
    case STEP_OUTPUT:
        break;
    }
    return put_output(c, s, err);
}

static bool put_header(struct cast *c, struct pyro_error *err)
{
    const struct shell_notes *notes = &c->r->notes;
    scoped_json json_t *header = json_pack(
        "{s:i, s:i, s:i, s:I, s:{s:s}}", "version", 2, "width", notes->cols, "height", notes->rows,
        "timestamp", (json_int_t)c->r->started_at, "env", "TERM", "xterm-256color");
    scoped_free char *s = header ? json_dumps(header, JSON_COMPACT) : NULL;

    if (!s || fprintf(c->out, "%s\n", s) < 0)
        return pyro_fail_errno(err, "write the recording");
    return true;
}

bool cast_write(const struct recording *r, FILE *out, struct record_result *ret,
                struct pyro_error *err)
{
    struct cast *c = calloc(1, sizeof(*c));
    struct recording_walk walk;
    struct recording_step step;
    bool ok;

    BUG_ON(!c);
    c->r = r;
    c->out = out;
    recording_walk_init(&walk, r);
    ok = put_header(c, err);
    while (ok && recording_walk_next(&walk, &step))
        ok = put_step(c, &step, err);
    if (ok)
        *ret = c->result;
    free(c);
    return ok;
}
