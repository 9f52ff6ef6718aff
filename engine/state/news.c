/* engine/state/news.c: what has ended and was not acknowledged. */
#include "engine/state/news.h"

#include <string.h>

#define NEWS_MAX 64

const char *news_slot(const char *kind, const char *id, char *ret)
{
    snprintf(ret, NEWS_SLOT_MAX, "%s:%s", kind, id);
    return ret;
}

static double since_of(const json_t *attention)
{
    return json_number_or(attention, "since", 0);
}

static void drop_oldest(json_t *news)
{
    const char *slot, *oldest = NULL;
    double since = 0;
    json_t *attention;

    json_object_foreach (news, slot, attention)
        if (!oldest || since_of(attention) < since) {
            oldest = slot;
            since = since_of(attention);
        }
    if (oldest)
        json_object_del(news, oldest);
}

void news_add(json_t **news, const char *slot, json_t *attention)
{
    if (!*news)
        *news = json_object();
    json_object_set_new(*news, slot, attention);
    while (json_object_size(*news) > NEWS_MAX)
        drop_oldest(*news);
}

static void settle(json_t **news)
{
    if (*news && !json_object_size(*news)) {
        json_decref(*news);
        *news = NULL;
    }
}

bool news_drop(json_t **news, const char *slot)
{
    bool was_there = json_object_del(*news, slot) == 0;

    settle(news);
    return was_there;
}

bool news_check_source(const char *source, struct pyro_error *err)
{
    size_t n = strcspn(source, ":");

    if (!strcmp(source, NEWS_ALL) ||
        (attention_kind_is_valid(source, n) && (!source[n] || source[n + 1])))
        return true;
    return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "'%.100s' cannot be acknowledged: give all, vm, exec, shell, service, or one "
                     "of them as shell:ID",
                     source);
}

bool news_source_covers(const char *source, const char *kind, const char *id)
{
    size_t n = strlen(kind);

    return !strcmp(source, NEWS_ALL) ||
           (!strncmp(source, kind, n) &&
            (!source[n] || (source[n] == ':' && !strcmp(source + n + 1, id))));
}

static bool is_from(const json_t *attention, const char *source)
{
    const json_t *from = json_object_get(attention, "source");

    return news_source_covers(source, json_string_or(from, "kind", ""),
                              json_string_or(from, "id", ""));
}

bool news_acknowledge(json_t **news, const char *source, struct pyro_error *err)
{
    const char *slot;
    json_t *attention;
    void *next;

    if (!news_check_source(source, err))
        return false;
    json_object_foreach_safe (*news, next, slot, attention)
        if (is_from(attention, source))
            json_object_del(*news, slot);
    settle(news);
    return true;
}

json_t *news_top(const json_t *news)
{
    json_t *top = NULL, *attention;
    const char *slot;

    json_object_foreach ((json_t *)(uintptr_t)news, slot, attention) {
        enum attention_state a = attention_state_of(attention), b = attention_state_of(top);
        if (!top || a > b || (a == b && since_of(attention) > since_of(top)))
            top = attention;
    }
    return top;
}

json_t *news_of(const json_t *j)
{
    json_t *news = NULL, *attention, *value;
    const char *slot;

    json_object_foreach ((json_t *)(uintptr_t)j, slot, value) {
        if (strlen(slot) < NEWS_SLOT_MAX && (attention = attention_of(value)))
            news_add(&news, slot, attention);
    }
    return news;
}
