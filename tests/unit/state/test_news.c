/* What has ended and was not acknowledged: one a slot, the most urgent first, bounded, and only what
 * is valid is read. */
#include "tests/unit/unit.h"

#include "engine/state/news.h"
#include "engine/state/record.h"
#include "vmm/base/fs.h"

static json_t *made(enum attention_state state, double since, const char *kind, const char *id)
{
    return attention_new(state, since, kind, id, "why");
}

static const char *top_id(const json_t *news)
{
    return json_string_or(json_object_get(news_top(news), "source"), "id", "");
}

static void test_failed_before_finished_and_newest_first(void **state UNUSED)
{
    json_t *news = NULL;

    assert_null(news_top(news));
    assert_false(news_drop(&news, NEWS_EXEC));
    news_add(&news, NEWS_EXEC, made(ATTENTION_FAILED, 10, "exec", "1"));
    news_add(&news, NEWS_DETACHED, made(ATTENTION_FINISHED, 30, "exec", "2"));
    assert_string_equal(top_id(news), "1");
    news_add(&news, "shell:sh1", made(ATTENTION_FAILED, 20, "shell", "sh1"));
    assert_string_equal(top_id(news), "sh1");
    news_add(&news, NEWS_EXEC, made(ATTENTION_FAILED, 40, "exec", "3")); /* in place of 1 */
    assert_string_equal(top_id(news), "3");
    assert_int_equal(json_object_size(news), 3);
    assert_true(news_drop(&news, NEWS_EXEC));
    assert_true(news_drop(&news, "shell:sh1"));
    assert_string_equal(top_id(news), "2");
    assert_true(news_drop(&news, NEWS_DETACHED));
    assert_null(news);
}

static void test_acknowledged_by_source(void **state UNUSED)
{
    json_t *news = NULL;
    struct pyro_error err = { 0 };

    news_add(&news, NEWS_EXEC, made(ATTENTION_FAILED, 1, "exec", "1"));
    news_add(&news, NEWS_DETACHED, made(ATTENTION_FAILED, 2, "exec", "2"));
    news_add(&news, "shell:sh1", made(ATTENTION_FAILED, 3, "shell", "sh1"));
    news_add(&news, "shell:sh2", made(ATTENTION_FAILED, 4, "shell", "sh2"));
    assert_true(news_acknowledge(&news, "exec:2", &err));
    assert_int_equal(json_object_size(news), 3);
    assert_true(news_acknowledge(&news, "service", &err)); /* there is none */
    assert_true(news_acknowledge(&news, "shell:sh", &err));
    assert_int_equal(json_object_size(news), 3);
    assert_true(news_acknowledge(&news, "shell", &err));
    assert_string_equal(top_id(news), "1");
    assert_false(news_acknowledge(&news, "", &err));
    assert_false(news_acknowledge(&news, "shell:", &err));
    assert_false(news_acknowledge(&news, "everything", &err));
    assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
    assert_true(news_acknowledge(&news, "all", &err));
    assert_null(news);
}

static void test_bounded(void **state UNUSED)
{
    json_t *news = NULL;

    for (int i = 1; i <= 1000; i++) {
        char id[16], slot[NEWS_SLOT_MAX];
        snprintf(id, sizeof(id), "sh%d", i);
        news_add(&news, news_slot(NEWS_SHELL, id, slot), made(ATTENTION_FAILED, i, "shell", id));
    }
    assert_int_equal(json_object_size(news), 64);
    assert_string_equal(top_id(news), "sh1000");
    json_decref(news);
}

static void test_only_what_is_valid_is_read(void **state UNUSED)
{
    scoped_json json_t *stored =
        json_pack("{s:o, s:s, s:{s:s}, s:{s:s, s:{s:s, s:s}}}", "exec",
                  made(ATTENTION_FAILED, 1, "exec", "1"), "vm", "x", "shell:sh1", "state", "failed",
                  "service:a", "state", "failed", "source", "kind", "cat", "id", "a");
    scoped_json json_t *news = news_of(stored), *none = news_of(json_true());

    assert_int_equal(json_object_size(news), 1);
    assert_string_equal(top_id(news), "1");
    assert_null(none);
}

static void test_of_a_workspace(void **state UNUSED)
{
    scoped_record struct workspace_record r;

    record_init(&r);
    r.state = WORKSPACE_STARTED;
    assert_string_equal(record_state_word(&r), "started");
    assert_int_equal(record_activity(&r), ACTIVITY_NONE);
    r.running_service_count = 1;
    assert_string_equal(record_state_word(&r), "runs");
    r.running_service_count = 0;
    r.shell_count = 1;
    assert_string_equal(record_state_word(&r), "runs");
    r.attention = made(ATTENTION_WAITS, 1, "shell", "sh1");
    r.running_service_count = 1;
    assert_string_equal(record_state_word(&r), "waits");
    assert_int_equal(record_activity(&r), ACTIVITY_WAITS);
    r.running_command_count = 1;
    assert_string_equal(record_state_word(&r), "runs");
    news_add(&r.news, NEWS_DETACHED, made(ATTENTION_FINISHED, 2, "exec", "1"));
    assert_string_equal(record_state_word(&r), "finished");
    json_decref(r.attention);
    r.attention = made(ATTENTION_ASKS, 1, "shell", "sh1");
    news_add(&r.news, NEWS_EXEC, made(ATTENTION_FAILED, 2, "exec", "2"));
    assert_string_equal(record_state_word(&r), "asks");
    assert_int_equal(record_activity(&r), ACTIVITY_RUNS);
    r.state = WORKSPACE_STOPPED; /* what it was doing no longer counts, what ended does */
    assert_string_equal(record_state_word(&r), "failed");
    news_drop(&r.news, NEWS_EXEC);
    news_drop(&r.news, NEWS_DETACHED);
    assert_string_equal(record_state_word(&r), "stopped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_before_finished_and_newest_first),
        cmocka_unit_test(test_acknowledged_by_source),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_only_what_is_valid_is_read),
        cmocka_unit_test(test_of_a_workspace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
