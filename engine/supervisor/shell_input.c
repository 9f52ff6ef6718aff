/* engine/supervisor/shell_input.c: pieces of input on their way to the guest. */
#include "engine/supervisor/shell_input.h"

#include <string.h>

#define BYTES_MAX (4 * 1024 * 1024)

struct piece {
    enum typed_as as;
    size_t left;
    int64_t token;
    bool announced;
};

static size_t piece_count(const struct shell_input *in)
{
    return in->pieces.len / sizeof(struct piece);
}

static struct piece *piece_at(const struct shell_input *in, size_t i)
{
    return &((struct piece *)(void *)in->pieces.data)[i];
}

void shell_input_init(struct shell_input *in, struct stream *guest, struct typed *typed)
{
    *in = (struct shell_input){ .guest = guest, .typed = typed };
    buf_init(&in->bytes, BYTES_MAX);
    buf_init(&in->pieces, BYTES_MAX / 2 * sizeof(struct piece));
}

void shell_input_release(struct shell_input *in)
{
    buf_release(&in->bytes);
    buf_release(&in->pieces);
}

/* Appends a paste without start and end marks, including those that removing others would form;
 * returns how many bytes are left. */
static size_t append_paste(struct buf *to, const char *bytes, size_t n)
{
    static const char *const marks[] = { "\x1b[200~", "\x1b[201~" };
    const size_t mark = strlen(marks[0]), start = to->len;

    for (size_t i = 0; i < n; i++) {
        to->data[to->len++] = bytes[i];
        for (size_t k = 0; k < ARRAY_SIZE(marks); k++)
            if (to->len - start >= mark && !memcmp(to->data + to->len - mark, marks[k], mark))
                to->len -= mark;
    }
    to->data[to->len] = '\0';
    return to->len - start;
}

bool shell_input_add(struct shell_input *in, enum typed_as as, const char *by, const void *bytes,
                     size_t n, int64_t token)
{
    struct piece p = { .as = as, .left = n, .token = token }, *last;
    size_t before = in->bytes.len;

    if (!buf_reserve(&in->bytes, n) || !buf_reserve(&in->pieces, sizeof(p)))
        return false;
    if (as == TYPED_PASTE)
        p.left = append_paste(&in->bytes, bytes, n);
    else if (!buf_append(&in->bytes, bytes, n))
        return false;
    if (in->typed)
        typed_add(in->typed, by, in->bytes.data + before, in->bytes.len - before);
    last = piece_count(in) ? piece_at(in, piece_count(in) - 1) : NULL;
    if (last && last->as == as && as != TYPED_PASTE && !last->announced)
        last->left += n;
    else if ((n || as == TYPED_PASTE) && !buf_append(&in->pieces, &p, sizeof(p)))
        return false; /* never: it was reserved */
    shell_input_pump(in);
    return true;
}

static bool announce(struct shell_input *in, struct piece *p)
{
    scoped_json json_t *message =
        json_pack("{s:{s:s, s:I, s:I}}", "input", "as", p->as == TYPED_PASTE ? "paste" : "lines",
                  "bytes", (json_int_t)p->left, "token", (json_int_t)p->token);

    if (!stream_room(in->guest)) { /* as it is sent, not long before */
        stream_want_room(in->guest);
        return false;
    }
    p->announced = message && stream_message(in->guest, message);
    return p->announced;
}

void shell_input_pump(struct shell_input *in)
{
    while (piece_count(in)) {
        struct piece *p = piece_at(in, 0);
        size_t n;
        if (p->as != TYPED_KEYS && !p->announced && !announce(in, p))
            return;
        n = stream_send(in->guest, WIRE_STDIN, in->bytes.data, p->left);
        buf_consume(&in->bytes, n);
        p->left -= n;
        if (p->left)
            return;
        buf_consume(&in->pieces, sizeof(*p));
    }
}

size_t shell_input_waiting(const struct shell_input *in)
{
    return in->bytes.len;
}
