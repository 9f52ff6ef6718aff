/*
 * Reads from a cursor over recorded sessions (tests/sessions: NAME.log, and NAME.cuts with rows,
 * columns and the offsets at which output paused). At every such offset and at random ones the
 * answer is the end of the whole rendering that has changed, no more than its rule allows.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>

#include "engine/term/plain.h"
#include "engine/term/track.h"
#include "engine/term/vtparse.h"
#include "vmm/base/fs.h"

#define CUTS_MAX 1000

struct session {
    struct buf log;
    int rows, cols;
    size_t cut[CUTS_MAX], cuts;
};

static uint32_t seed;

static size_t pick(size_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return below ? (size_t)((uint64_t)(seed >> 8) * below >> 24) : 0;
}

static void session_load(struct session *s, const char *name)
{
    scoped_free char *log = str_printf("tests/sessions/%s.log", name);
    scoped_free char *cuts = str_printf("tests/sessions/%s.cuts", name);
    scoped_file FILE *f = fopen(cuts, "re");
    struct pyro_error err = { 0 };

    *s = (struct session){ .log = BUF_INIT(16 << 20) };
    if (!fs_read_file(AT_FDCWD, log, &s->log, &err))
        fail_msg("%s", err.message);
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d %d", &s->rows, &s->cols), 2);
    while (s->cuts < CUTS_MAX && fscanf(f, "%zu", &s->cut[s->cuts]) == 1)
        s->cuts++;
    assert_true(s->cuts > 10 && s->cut[s->cuts - 1] == s->log.len);
}

/* All of the text of bytes[0..n), and whether `from` on clears it. */
static void whole(const struct session *s, size_t from, size_t n, struct plain_change *ret)
{
    struct plain_options options = { .rows = s->rows, .cols = s->cols };
    bool alt;

    *ret = (struct plain_change){ .before = BUF_INIT(64 << 20), .after = BUF_INIT(64 << 20) };
    options.from = from - vtparse_held_back(s->log.data, from, 0);
    n -= vtparse_held_back(s->log.data, n, 0);
    assert_true(plain_change_on_grid(s->log.data, n, &options, ret, &alt));
}

static size_t line_start(const char *text, size_t at)
{
    while (at && text[at - 1] != '\n')
        at--;
    return at;
}

/* Checks `answer`: an end of the text after, with everything that differs from the text before, and
 * not more than the line where that begins. */
static void check_answer(const struct plain_change *c, const struct buf *answer)
{
    const char *before = c->before.len ? c->before.data : "";
    const char *after = c->after.len ? c->after.data : "";
    size_t start = c->after.len - answer->len, same = 0;

    assert_true(answer->len <= c->after.len);
    assert_memory_equal(after + start, answer->len ? answer->data : "", answer->len);
    while (same < c->before.len && same < c->after.len && before[same] == after[same])
        same++;
    if (c->cleared) {
        assert_int_equal(start, 0);
        return;
    }
    assert_true(start <= same || start == c->after.len);
    if (same == c->before.len && same == c->after.len)
        assert_int_equal(answer->len, 0);
    else if (same == c->before.len)
        assert_int_equal(start, c->rewrites ? line_start(before, same) : same);
    else if (same < c->after.len)
        assert_int_equal(start, line_start(before, same));
}

static void check_read(const struct session *s, size_t from, size_t end)
{
    size_t skipped = plain_find_start(s->log.data, from);
    struct plain_options options = { .rows = s->rows, .cols = s->cols, .from = from - skipped };
    struct plain_result result;
    struct plain_change oracle;
    struct pyro_error err;
    struct track track;

    track_init(&track, 0, NULL, NULL);
    track_feed(&track, s->log.data, skipped);
    options.alt_screen = track.alternate;
    track_feed(&track, s->log.data + skipped, from - skipped);
    options.alt_from = track.alternate;
    whole(s, from, end, &oracle);
    if (!plain_render(s->log.data + skipped, end - skipped, &options, &result, &err))
        fail_msg("%s", err.message);
    check_answer(&oracle, &result.text);
    buf_release(&result.text);
    plain_change_release(&oracle);
}

static const char *const names[] = { "bash", "zsh", "python", "bars", "apt", "less" };

static void test_plain_session_reads(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct session s;

        session_load(&s, names[i]);
        seed = (uint32_t)i;
        for (size_t c = 0; c < s.cuts; c++) {
            size_t next = c + 1 < s.cuts ? s.cut[c + 1] : s.log.len;
            size_t from = pick(s.log.len), end = from + pick(s.log.len - from + 1);

            print_message("%s: %zu to %zu, %zu to %zu\n", names[i], s.cut[c], next, from, end);
            check_read(&s, s.cut[c], next);
            check_read(&s, s.cut[c], s.log.len);
            check_read(&s, from, end);
        }
        buf_release(&s.log);
    }
}

/* Far behind the start of a log only what is near the cursor counts. */
static void test_plain_session_reads_far_behind(void **state UNUSED)
{
    static const char *const repeated[] = { "python", "bars", "apt" };

    for (size_t i = 0; i < ARRAY_SIZE(repeated); i++) {
        struct session s;
        size_t once;

        session_load(&s, repeated[i]);
        once = s.log.len;
        assert_true(buf_reserve(&s.log, PLAIN_LOOK_BACK + 6 * once));
        while (s.log.len < PLAIN_LOOK_BACK + 4 * once)
            assert_true(buf_append(&s.log, s.log.data, once));
        for (size_t c = 0; c + 1 < s.cuts; c += 3) {
            size_t base = s.log.len - once;
            print_message("%s: %zu to %zu\n", repeated[i], s.cut[c], s.cut[c + 1]);
            check_read(&s, base + s.cut[c], base + s.cut[c + 1]);
        }
        buf_release(&s.log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_session_reads),
        cmocka_unit_test(test_plain_session_reads_far_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
