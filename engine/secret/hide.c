/* engine/secret/hide.c: removing secrets from whole values. */
#include "engine/secret/hide.h"

#include <string.h>

char *hide_in_text(const struct redactor *r, const char *text, bool cut)
{
    struct buf out = BUF_INIT(SIZE_MAX / 2);

    BUG_ON(!redact_text(r, text, strlen(text), cut, &out) || !buf_append_str(&out, ""));
    return buf_take(&out);
}

void hide_in_cut_string(const struct redactor *r, json_t *j)
{
    struct buf out = BUF_INIT(SIZE_MAX / 2);
    scoped_json json_t *shown = NULL;

    if (!json_is_string(j))
        return;
    BUG_ON(!redact_text(r, json_string_value(j), json_string_length(j), true, &out));
    shown = json_string_lossy(out.data ? out.data : "", out.len);
    BUG_ON(json_string_setn_nocheck(j, json_string_value(shown), json_string_length(shown)) != 0);
    buf_release(&out);
}

static void hide_in_string(const struct redactor *r, json_t *j)
{
    struct buf out = BUF_INIT(SIZE_MAX / 2);
    const char *text = json_string_value(j);
    size_t n = json_string_length(j);

    if (!redact_finds(r, text, n, false))
        return;
    BUG_ON(!redact_text(r, text, n, false, &out));
    BUG_ON(json_string_setn_nocheck(j, out.data, out.len) != 0);
    buf_release(&out);
}

void hide_in_json(const struct redactor *r, json_t *j)
{
    const char *key;
    json_t *item;
    size_t i;

    if (!r || !j)
        return;
    if (json_is_string(j))
        hide_in_string(r, j);
    json_array_foreach (j, i, item)
        hide_in_json(r, item);
    json_object_foreach (j, key, item)
        hide_in_json(r, item);
}

json_t *hide_in_copy(const struct redactor *r, const json_t *j)
{
    json_t *copy = json_deep_copy(j);

    BUG_ON(j && !copy);
    hide_in_json(r, copy);
    return copy;
}

void hide_in_array(const struct redactor *r, char *text, size_t size)
{
    size_t n = strlen(text);
    bool cut = n + 1 == size;
    struct buf out = BUF_INIT(SIZE_MAX / 2);

    if (!r || !redact_finds(r, text, n, cut))
        return;
    BUG_ON(!redact_text(r, text, n, cut, &out));
    snprintf(text, size, "%s", out.data ? out.data : "");
    buf_release(&out);
}

void hide_in_error(const struct redactor *r, struct pyro_error *err)
{
    if (!r || !err)
        return;
    hide_in_array(r, err->message, sizeof(err->message));
    hide_in_array(r, err->hint, sizeof(err->hint));
}
