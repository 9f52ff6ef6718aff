/* engine/http/session.c: a table, and when each was used. */
#include "engine/http/session.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/fs.h"

void session_begin(struct sessions *s, char ret_id[SESSION_ID_SIZE])
{
    unsigned char bytes[(SESSION_ID_SIZE - 1) / 2];
    size_t oldest = 0;

    for (size_t i = 1; i < SESSIONS_MAX; i++)
        if (s->all[i].used < s->all[oldest].used)
            oldest = i;
    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), ret_id);
    memcpy(s->all[oldest].id, ret_id, SESSION_ID_SIZE);
    s->all[oldest].used = ++s->uses;
}

static size_t find(const struct sessions *s, const char *id)
{
    size_t i = 0;

    while (i < SESSIONS_MAX && (!*id || strcmp(s->all[i].id, id) != 0))
        i++;
    return i;
}

bool session_use(struct sessions *s, const char *id)
{
    size_t i = find(s, id);

    if (i < SESSIONS_MAX)
        s->all[i].used = ++s->uses;
    return i < SESSIONS_MAX;
}

bool session_end(struct sessions *s, const char *id)
{
    size_t i = find(s, id);

    if (i < SESSIONS_MAX)
        memset(&s->all[i], 0, sizeof(s->all[i]));
    return i < SESSIONS_MAX;
}
