/* tests/unit/state/test_shell_files.c: records and events of shells, sound ones and others. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/shell_files.h"
#include "vmm/base/fs.h"

static char dir[64];
static int dir_fd;

static int make_dir(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/pyro-shell-files-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd >= 0 && mkdirat(dir_fd, SHELLS_DIR, 0700) == 0 ? 0 : -1;
}

static int remove_dir(void **state UNUSED)
{
    close(dir_fd);
    return fs_remove_tree(AT_FDCWD, dir, NULL) ? 0 : -1;
}

static void put(const char *name, const char *text)
{
    struct pyro_error err = { 0 };

    assert_true(fs_replace(dir_fd, name, text, strlen(text), 0600, &err));
}

static void save(const char *id)
{
    char cwd[] = "/workspace";
    struct shell_record r = {
        .running = true, .cwd = cwd, .cols = 80, .rows = 24, .exit_code = -1
    };
    struct pyro_error err = { 0 };

    snprintf(r.id, sizeof(r.id), "%s", id);
    assert_true(shell_record_save(dir_fd, &r, &err));
}

static void test_shell_id_is_valid(void **state UNUSED)
{
    static const struct {
        const char *id;
        bool valid;
    } cases[] = { { "sh1", true },          { "sh999999999", true }, { "sh", false },
                  { "sh1a", false },        { "1", false },          { "", false },
                  { "sh-1", false },        { "../sh1", false },     { "sh1/", false },
                  { "sh1234567890", false } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(shell_id_is_valid(cases[i].id), cases[i].valid);
}

static void test_shell_record_round_trip(void **state UNUSED)
{
    char cwd[] = "/a b\xc3\xa9";
    struct shell_record r = { .id = "sh7",
                              .host_compat = true,
                              .cwd = cwd,
                              .cols = 200,
                              .rows = 1,
                              .started_at = 1.5,
                              .ended_at = 2.5,
                              .exit_code = 130,
                              .first = 1ull << 40 };
    struct shell_record got;
    struct pyro_error err = { 0 };
    scoped_json json_t *view = NULL;

    assert_true(shell_record_save(dir_fd, &r, &err));
    assert_true(shell_record_load(dir_fd, "sh7", &got, &err));
    assert_string_equal(got.id, "sh7");
    assert_string_equal(got.cwd, r.cwd);
    assert_false(got.running);
    assert_true(got.host_compat);
    assert_int_equal(got.cols, 200);
    assert_int_equal(got.rows, 1);
    assert_int_equal(got.exit_code, 130);
    assert_true(got.first == r.first && got.started_at == 1.5 && got.ended_at == 2.5);
    view = shell_record_to_view(&got, "w");
    assert_string_equal(json_string_or(view, "state", ""), "stopped");
    assert_string_equal(json_string_or(view, "execution_mode", ""), "host_compat");
    assert_int_equal(json_int_or(view, "exit_code", -1), 130);
    shell_record_release(&got);
}

static void test_shell_record_load_of_what_is_not_sound(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum pyro_code code;
    } cases[] = {
        { NULL, PYRO_SHELL_NOT_FOUND },
        { "", PYRO_RECORD_INVALID },
        { "{", PYRO_RECORD_INVALID },
        { "[]", PYRO_RECORD_INVALID },
        { "{\"version\": 99}", PYRO_RECORD_INVALID },
        { "{\"version\":1,\"running\":true,\"cwd\":\"/\",\"cols\":0,\"rows\":1,\"first\":0}",
          PYRO_RECORD_INVALID },
        { "{\"version\":1,\"running\":true,\"cwd\":\"/\",\"cols\":1,\"rows\":1,\"first\":-1}",
          PYRO_RECORD_INVALID },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        struct shell_record r;
        if (cases[i].text)
            put(SHELLS_DIR "/sh8.json", cases[i].text);
        assert_false(shell_record_load(dir_fd, "sh8", &r, &err));
        assert_true(err.message[0]);
        assert_true(cases[i].text ? err.code != PYRO_SHELL_NOT_FOUND : err.code == cases[i].code);
    }
}

static void add_id(void *arg, const struct shell_record *r)
{
    assert_true(buf_printf(arg, "%s ", r->id));
}

static void test_shell_each_is_by_number_and_leaves_out_the_unsound(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    scoped_buf ids = BUF_INIT(1000);

    save("sh10");
    save("sh2");
    save("sh1");
    put(SHELLS_DIR "/sh3.json", "garbage");
    put(SHELLS_DIR "/shx.json", "{}");
    assert_int_equal(mkdirat(dir_fd, SHELLS_DIR "/sh5.json", 0700), 0);
    put(SHELLS_DIR "/sh4.log", "a log alone, not a shell");
    assert_true(shell_each(dir_fd, add_id, &ids, &err));
    assert_string_equal(ids.data, "sh1 sh2 sh10 ");
    assert_int_equal(shell_highest_number(dir_fd), 10);
    assert_int_equal(unlinkat(dir_fd, SHELLS_DIR "/sh5.json", AT_REMOVEDIR), 0);
    shell_remove_files(dir_fd, "sh10");
    shell_remove_files(dir_fd, "sh4");
    assert_int_equal(faccessat(dir_fd, SHELLS_DIR "/sh4.log", F_OK, 0), -1);
    assert_int_equal(shell_highest_number(dir_fd), 3);
}

static void test_shell_each_without_any(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    scoped_buf ids = BUF_INIT(1000);

    assert_int_equal(unlinkat(dir_fd, SHELLS_DIR, AT_REMOVEDIR), 0);
    assert_true(shell_each(dir_fd, add_id, &ids, &err));
    assert_int_equal(ids.len, 0);
    assert_int_equal(shell_highest_number(dir_fd), 0);
}

static void add_event(void *arg, const struct shell_event *e)
{
    struct buf *text = arg;

    assert_true(buf_printf(text, "%d@%llu ", (int)e->type, (unsigned long long)e->offset));
    if (e->type == EVENT_RESIZE)
        assert_true(buf_printf(text, "%dx%d ", e->cols, e->rows));
    if (e->type == EVENT_ALT)
        assert_true(buf_printf(text, "%s ", e->on ? "on" : "off"));
}

static void test_shell_events_between_passes_over_what_is_not_sound(void **state UNUSED)
{
    static const char events[] =
        "{\"t\":1,\"offset\":0,\"type\":\"resize\",\"cols\":100,\"rows\":20}\n"
        "\n"
        "nonsense\n"
        "{\"t\":1,\"offset\":-1,\"type\":\"alt\",\"on\":true}\n"
        "{\"t\":1,\"offset\":5,\"type\":\"unheard-of\"}\n"
        "{\"t\":1,\"offset\":6,\"type\":\"string\",\"kind\":\"P\",\"from\":3}\n"
        "{\"t\":1,\"offset\":6,\"type\":\"alt\",\"on\":true}\n"
        "{\"t\":1,\"offset\":7,\"type\":\"end\",\"exit_code\":0}\n"
        "{\"t\":1,\"offset\":8,\"ty"; /* a crash in the middle of a line */
    scoped_buf text = BUF_INIT(1000);
    struct pyro_error err = { 0 };

    const uint64_t last = (uint64_t)(strstr(events, "{\"t\":1,\"offset\":7") - events);

    put(SHELLS_DIR "/sh1.events", events);
    assert_true(shell_events_between(dir_fd, "sh1", SHELL_EVENTS_ALL, add_event, &text, &err));
    assert_string_equal(text.data, "0@0 100x20 1@6 on 3@7 ");
    buf_clear(&text);
    assert_true(shell_events_between(dir_fd, "sh1", (struct shell_event_range){ 54, last },
                                     add_event, &text, &err));
    assert_string_equal(text.data, "1@6 on ");
    assert_false(shell_events_between(dir_fd, "sh2", SHELL_EVENTS_ALL, add_event, &text, &err));
}

int main(void)
{
#define T(NAME) cmocka_unit_test_setup_teardown(NAME, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shell_id_is_valid),
        T(test_shell_record_round_trip),
        T(test_shell_record_load_of_what_is_not_sound),
        T(test_shell_each_is_by_number_and_leaves_out_the_unsound),
        T(test_shell_each_without_any),
        T(test_shell_events_between_passes_over_what_is_not_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
