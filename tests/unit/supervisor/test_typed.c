/* Typed input as lines of the timeline: what the terminal shows, as it was corrected, by whom, without
 * secrets; and no byte that was not shown. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/supervisor/typed.h"
#include "vmm/base/fs.h"

static char dir_path[64];
static struct supervisor supervisor;
static struct typed typed;
static const struct shell_record shell = { .id = "sh1" };
static uint64_t log_size, typed_bytes;

static int make(void **state UNUSED)
{
    struct buf secrets[2] = { BUF_INIT(64), BUF_INIT(64) };

    snprintf(dir_path, sizeof(dir_path), "/tmp/test_typed.XXXXXX");
    if (!mkdtemp(dir_path) || !buf_append_str(&secrets[0], "sesame-opens") ||
        !buf_append_str(&secrets[1], "first part\nsecond part"))
        return -1;
    supervisor = (struct supervisor){ .redactor = redactor_new(secrets, 2) };
    supervisor.dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_release(&secrets[0]);
    buf_release(&secrets[1]);
    log_size = typed_bytes = 0;
    typed_init(&typed, &supervisor, &shell, &log_size);
    return supervisor.dir_fd < 0 || !supervisor.redactor;
}

static int release(void **state UNUSED)
{
    typed_release(&typed);
    redactor_free(supervisor.redactor);
    close(supervisor.dir_fd);
    fs_discard_tree(AT_FDCWD, dir_path);
    return 0;
}

/* The guest says that of the next n bytes the first are shown. */
static void reached(size_t n, size_t shown)
{
    scoped_json json_t *message = NULL;

    typed_bytes += n;
    message = json_pack("{s:I, s:I, s:I}", "typed", (json_int_t)typed_bytes, "bytes", (json_int_t)n,
                        "shown", (json_int_t)shown);
    typed_reached(&typed, message);
}

static void type_text(const char *by, const char *text, bool shown)
{
    size_t n = strlen(text);

    typed_add(&typed, by, text, n);
    reached(n, shown ? n : 0);
}

/* What is in the timeline: "BY:TEXT" a line, "BY!" for what is hidden. New. */
static char *lines(void)
{
    scoped_json json_t *entries = timeline_read(supervisor.dir_fd, 0, 0, NULL);
    const json_t *entry;
    char *all = str_printf("%s", "");
    size_t i;

    json_array_foreach (entries, i, entry) {
        scoped_free char *before = all;
        bool hidden = json_bool_or(entry, "hidden", false);
        assert_true(!hidden || !json_object_get(entry, "text"));
        all = str_printf("%s%s%s%s\n", before, json_string_or(entry, "by", "?"), hidden ? "!" : ":",
                         json_string_or(entry, "text", ""));
    }
    return all;
}

static void assert_lines(const char *wanted)
{
    scoped_free char *got = lines();

    assert_string_equal(got, wanted);
}

static void test_lines_as_they_were_corrected(void **state UNUSED)
{
    static const struct {
        const char *typed, *line;
    } cases[] = {
        { "make check\r", "make check" },
        { "ls\n", "ls" },
        { "mkae\x7f\x7f\x7f"
          "ake\r",
          "make" },
        { "wrong\x15right\r", "right" },
        { "git  push wrong \x17right\r", "git  push right" },
        { "a\xc3\xa4\x7f"
          "b\r",
          "ab" },
        { "\x1b[A\x1bOBleft\x1b[1;5D\x1b\x7f\r", "left" },
        { "\x1b[200~pasted\x1b[201~\r", "pasted" },
        { "sleep 9\x03", "sleep 9^C" },
        { "a\tb\r", "a b" },
        { "\x7f\x7f\x17\x15ok\r", "ok" },
    };
    scoped_free char *wanted = str_printf("%s", "");

    type_text(CALLER_CLI, "\r\r\n", true); /* nothing is no line */
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_free char *before = wanted;
        wanted = str_printf("%scli:%s\n", before, cases[i].line);
        type_text(CALLER_CLI, cases[i].typed, true);
    }
    assert_lines(wanted);
}

static void test_what_is_not_shown_is_not_kept(void **state UNUSED)
{
    type_text(CALLER_CLI, "su\r", true);
    type_text(CALLER_CLI, "hunter2\rhunter3\r", false);
    type_text(CALLER_CLI, "id\r", true);
    type_text(CALLER_CLI, "half", true);
    type_text(CALLER_CLI, "hidden\r", false);
    typed_add(&typed, CALLER_CLI, "one\ntwo\n", 8);
    reached(8, 4); /* its first line only */
    assert_lines("cli:su\ncli!\ncli:id\ncli!\ncli:one\ncli!\n");
}

static void test_by_whom(void **state UNUSED)
{
    typed_add(&typed, CALLER_CLI, "ec", 2);
    typed_add(&typed, CALLER_CLI, "ho\r", 3);
    typed_add(&typed, CALLER_MCP, "ls\r", 3);
    typed_add(&typed, CALLER_INTERFACE, "un", 2);
    typed_add(&typed, CALLER_API, "id\r", 3);
    reached(1, 1);
    reached(12, 12);
    assert_lines("cli:echo\nmcp:ls\ninterface:un\napi:id\n");
}

static void test_secrets_are_taken_out(void **state UNUSED)
{
    type_text(CALLER_CLI, "echo sesame-opens it\r", true);
    for (const char *at = "say sesame-opens\r"; *at; at++) { /* key by key */
        const char key[2] = { *at, '\0' };
        type_text(CALLER_CLI, key, true);
    }
    type_text(CALLER_CLI, "x first part\nsecond part y\n", true); /* over two lines */
    assert_lines("cli:echo [REDACTED] it\ncli:say [REDACTED]\ncli:x [REDACTED] y\n");
}

/* A line that is too long is cut, but never inside a secret. */
static void test_a_long_line(void **state UNUSED)
{
    scoped_free char *got = NULL;

    for (int i = 0; i < 300; i++)
        type_text(CALLER_CLI,
                  "0123456789012345678901234567890123456789012345678901234567890123456789", true);
    type_text(CALLER_CLI, "\rshort\r", true);
    got = lines();
    assert_true(strlen(got) < 2 * TIMELINE_TEXT_MAX);
    assert_non_null(strstr(got, "\ncli:short\n"));
}

static void test_a_guest_that_says_nothing_or_nonsense(void **state UNUSED)
{
    static const char *const messages[] = {
        "{}",
        "{\"typed\":-1,\"bytes\":1,\"shown\":1}",
        "{\"typed\":1,\"bytes\":2,\"shown\":1}",
        "{\"typed\":2,\"bytes\":1,\"shown\":2}",
        "{\"typed\":9007199254740991,\"bytes\":0,\"shown\":0}",
        "{\"typed\":9007199254740991,\"bytes\":9007199254740991,\"shown\":9007199254740991}",
    };
    char block[4096];

    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 64; i++)
        typed_add(&typed, i % 2 ? CALLER_CLI : CALLER_API, block, sizeof(block));
    assert_true(typed.pending.len <= 64 * 1024);
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        scoped_json json_t *message = json_loads(messages[i], 0, NULL);
        assert_non_null(message);
        typed_reached(&typed, message);
    }
    assert_int_equal(typed.pending.len, 0);
    assert_int_equal(typed.runs.len, 0);
}

int main(void)
{
#define WITH_SHELL(TEST) cmocka_unit_test_setup_teardown(TEST, make, release)
    const struct CMUnitTest tests[] = {
        WITH_SHELL(test_lines_as_they_were_corrected),
        WITH_SHELL(test_what_is_not_shown_is_not_kept),
        WITH_SHELL(test_by_whom),
        WITH_SHELL(test_secrets_are_taken_out),
        WITH_SHELL(test_a_long_line),
        WITH_SHELL(test_a_guest_that_says_nothing_or_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
