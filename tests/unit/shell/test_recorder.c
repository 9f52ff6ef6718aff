/* Recordings: the log's bytes, cut at marks and resizes; pictures of them that no guest can break. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/secret/secrets.h"
#include "engine/shell/recorder.h"
#include "engine/shell/svg.h"
#include "engine/state/shell_files.h"
#include "vmm/base/fs.h"

static char path[64];
static int dir = -1, out = -1;
static struct record_result result;
static struct pyro_error err;

static void put(const char *suffix, const char *bytes, size_t n)
{
    scoped_free char *name = str_printf(SHELLS_DIR "/sh1.%s", suffix);

    assert_true(fs_replace(dir, name, bytes, n, 0600, NULL));
}

static int make_shell(void **state UNUSED)
{
    struct shell_record r = { .id = "sh1",
                              .cwd = (char *)(uintptr_t)"/",
                              .cols = 80,
                              .rows = 24,
                              .started_at = 1000,
                              .exit_code = -1 };

    snprintf(path, sizeof(path), "/tmp/pyro-recorder-XXXXXX");
    assert_non_null(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(dir, SHELLS_DIR, 0700), 0);
    assert_true(shell_record_save(dir, &r, NULL));
    out = memfd_create("recording", MFD_CLOEXEC);
    result = (struct record_result){ 0 };
    return 0;
}

static int remove_shell(void **state UNUSED)
{
    close(out);
    close(dir);
    fs_discard_tree(AT_FDCWD, path);
    return 0;
}

static void fill(const char *log, const char *events, const char *times)
{
    put("log", log, strlen(log));
    put("events", events, strlen(events));
    put("times", times, strlen(times));
}

#define SIZE_40 "{\"t\":1,\"offset\":0,\"type\":\"resize\",\"cols\":40,\"rows\":4}\n"

/* The recording in this format, new. */
static char *record_as(const char *format)
{
    const struct recorder_spec spec = {
        .workspace_fd = dir, .shell = "sh1", .title = "a<b/sh1", .format = format, .out_fd = out
    };
    char *text;

    assert_true(recorder_write(&spec, &result, &err));
    text = calloc(1, (size_t)result.bytes_written + 1);
    assert_non_null(text);
    assert_int_equal(pread(out, text, (size_t)result.bytes_written, 0), result.bytes_written);
    return text;
}

static void test_cast_cuts_at_marks_and_resizes(void **state UNUSED)
{
    static const char expected[] = "{\"version\":2,\"width\":120,\"height\":30,\"timestamp\":1000,"
                                   "\"env\":{\"TERM\":\"xterm-256color\"}}\n"
                                   "[0.5,\"o\",\"ab\"]\n"
                                   "[0.5,\"r\",\"80x24\"]\n"
                                   "[0.5,\"o\",\"c\"]\n"
                                   "[2.25,\"o\",\"\xc3\xa9!\xef\xbf\xbd\"]\n";
    const struct recorder_spec none = {
        .workspace_fd = dir, .shell = "sh2", .format = "cast", .out_fd = out
    };
    scoped_free char *text = NULL;

    /* A mark inside the two bytes of a letter, a byte that is not UTF-8, a damaged event. */
    fill("abc\xc3\xa9!\xff",
         "{\"t\":1,\"offset\":0,\"type\":\"resize\",\"cols\":120,\"rows\":30}\n"
         "garbage\n"
         "{\"t\":1,\"offset\":2,\"type\":\"resize\",\"cols\":80,\"rows\":24}\n",
         "0 500\n4 2250\n");
    text = record_as("cast");
    assert_string_equal(text, expected);
    assert_int_equal(result.events, 4);
    assert_int_equal(result.bytes_written, strlen(expected));
    assert_false(recorder_write(&none, &result, &err));
    assert_int_equal(err.code, PYRO_SHELL_NOT_FOUND);
}

static void test_recording_times_of_a_damaged_file(void **state UNUSED)
{
    struct recording r;

    /* Times that go back, lines that are not, an offset beyond the log, numbers beyond 64 bits. */
    fill("0123456789", "",
         "0 100\nx\n2 50\n4 900\n3 1000\n5\n6 99999999999999999999999\n99 2000\n8 70000");
    assert_true(recording_open(dir, "sh1", &r, &err));
    assert_int_equal(r.mark_count, 3);
    assert_int_equal(recording_ms_at(&r, 0), 100);
    assert_int_equal(recording_ms_at(&r, 3), 100);
    assert_int_equal(recording_ms_at(&r, 4), 1000);
    assert_int_equal(recording_offset_at(&r, 99), 0);
    assert_int_equal(recording_offset_at(&r, 100), 4);
    assert_int_equal(recording_offset_at(&r, 5000), 10);
    assert_int_equal(recording_length_ms(&r), 1000);
    assert_int_equal(recording_ms_of(&r, 999), 0);
    assert_int_equal(recording_ms_of(&r, 1001.5), 1500);
    recording_release(&r);
}

static void test_recording_lines(void **state UNUSED)
{
    static const struct {
        uint64_t at, after, before;
    } cases[] = { { 0, 4, 0 }, { 3, 4, 0 }, { 4, 5, 0 }, { 5, 8, 4 }, { 7, 8, 5 }, { 8, 8, 5 } };
    static char long_line[3 * RECORDING_LINE_MAX];
    struct recording r;

    fill("one\n\nend", "", "");
    assert_true(recording_open(dir, "sh1", &r, &err));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(recording_line_after(&r, cases[i].at), cases[i].after);
        assert_int_equal(recording_line_before(&r, cases[i].at), cases[i].before);
    }
    recording_release(&r);

    memset(long_line, 'x', sizeof(long_line));
    put("log", long_line, sizeof(long_line));
    assert_true(recording_open(dir, "sh1", &r, &err));
    assert_int_equal(recording_line_after(&r, 10), 10 + RECORDING_LINE_MAX);
    assert_int_equal(recording_line_before(&r, RECORDING_LINE_MAX + 10), 10);
    recording_release(&r);
}

static void test_svg_steps_through_rows(void **state UNUSED)
{
    scoped_free char *text = NULL;

    /* A row that changes and comes back, a pause that is cut, an alternate screen that nothing
     * left. */
    fill("one\rtwo\rone\033[?1049hfull",
         SIZE_40 "{\"t\":1,\"offset\":23,\"type\":\"alt\",\"on\":false}\n",
         "0 0\n3 1000\n7 61000\n");
    text = record_as("svg");
    assert_int_equal(result.events, 3);
    assert_true(result.duration_seconds > 2.9 && result.duration_seconds < 3.1);
    assert_non_null(strstr(text, "a&#60;b/sh1"));
    assert_non_null(strstr(text, ">one</text>"));
    assert_non_null(strstr(text, ">two</text>"));
    assert_null(strstr(strstr(text, ">one</text>") + 1, ">one</text>"));
    assert_non_null(strstr(text, "@keyframes r0{0%"));
    assert_null(strstr(text, "@keyframes r1{"));
    assert_null(strstr(text, "<script"));
}

/* What would end an element, a comment or a string of the page, and what no XML may have. */
static const char hostile[] = "</script><script>alert(1)</script>\r\n]]><!-- --><style>*{}\r\n"
                              "\"';&amp;\\u003c\\\r\n\xef\xbf\xbe\xef\xbf\xbf\xe2\x80\xa8\x01\x7f";

static void test_svg_escapes_what_was_printed(void **state UNUSED)
{
    scoped_free char *text = NULL;

    fill(hostile, SIZE_40, "0 0\n");
    text = record_as("svg");
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "</script"));
    assert_null(strstr(text, "]]>"));
    assert_null(strstr(text, "<!--"));
    assert_null(strstr(text, "*{}</style>"));
    assert_null(strstr(text, "\xef\xbf\xbe"));
    assert_null(strstr(text, "\xef\xbf\xbf"));
    assert_non_null(strstr(text, "&#60;/script&#62;"));
    assert_non_null(strstr(text, "&#38;amp;"));
}

static void test_html_keeps_what_was_printed_in_its_place(void **state UNUSED)
{
    scoped_free char *text = NULL;
    const char *data, *end;

    fill(hostile, SIZE_40, "0 0\n");
    text = record_as("html");
    data = strstr(text, "id=\"frames\">");
    assert_non_null(data);
    end = strstr(data, "</script>");
    assert_non_null(end);
    for (const char *s = data + strlen("id=\"frames\">"); s < end; s++)
        assert_true((*s >= ' ' && *s < 0x7f && !strchr("<>&", *s)) || *s == '\n');
    assert_true((uintptr_t)memmem(data, (size_t)(end - data), "\\u003c/script\\u003e", 18) > 0);
    assert_null(strstr(text, "alert(1)</script>"));
    assert_null(strstr(text, "]]>"));
    assert_non_null(strstr(text, "<title>a&#60;b/sh1</title>"));
    assert_null(strstr(text, "http://"));
    assert_null(strstr(text, "https://"));
}

static void test_pictures_have_no_secret(void **state UNUSED)
{
    static const char *const formats[] = { "svg", "html" };
    scoped_secrets secrets = { 0 };

    assert_true(secrets_add_literal(&secrets, "TOKEN=hunter2hunter2", NULL));
    assert_true(secrets_store(&secrets, dir, NULL));
    /* In the log it is in two colours, so not as its bytes. */
    fill("\xc3\xa9 hunter2\033[31mhunter2 end\r\n", SIZE_40, "0 0\n");
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        scoped_free char *text = record_as(formats[i]);
        assert_null(strstr(text, "hunter2"));
        assert_non_null(strstr(text, "[REDACTED] end"));
        assert_int_equal(ftruncate(out, 0), 0);
        assert_int_equal(lseek(out, 0, SEEK_SET), 0);
    }
}

/* Each frame has another content in each of its rows. */
static void test_svg_is_bounded(void **state UNUSED)
{
    scoped_buf log = BUF_INIT((size_t)64 << 20), times = BUF_INIT((size_t)1 << 20);
    scoped_free char *text = NULL;

    fill("", "{\"t\":1,\"offset\":0,\"type\":\"resize\",\"cols\":200,\"rows\":50}\n", "");
    for (int frame = 0; frame < 400; frame++) {
        assert_true(buf_printf(&times, "%zu %d\n", log.len, 100 * frame) &&
                    buf_append_str(&log, "\033[H"));
        for (int row = 0; row < 50; row++)
            assert_true(
                buf_printf(&log, "\033[%d;1H\033[3%dm%0190d", row + 1, row % 8, frame * 50 + row));
    }
    put("log", log.data, log.len);
    put("times", times.data, times.len);
    text = record_as("svg");
    assert_true(result.cut);
    assert_true(result.bytes_written < 2 * SVG_BYTES_MAX);
    assert_true(result.events > 10 && result.events < 400);
    assert_non_null(strstr(text, "</svg>\n"));
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_shell, remove_shell)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cast_cuts_at_marks_and_resizes),
        TEST(test_recording_times_of_a_damaged_file),
        TEST(test_recording_lines),
        TEST(test_svg_steps_through_rows),
        TEST(test_svg_escapes_what_was_printed),
        TEST(test_html_keeps_what_was_printed_in_its_place),
        TEST(test_pictures_have_no_secret),
        TEST(test_svg_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
