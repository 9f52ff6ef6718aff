/* tests/bench/many.c: a home full of workspaces. */
#include <fcntl.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

/* Copies a stopped workspace's record under other ids. */
static bool multiply(const char *workspaces, const char *id, unsigned count, struct pyro_error *err)
{
    scoped_free char *from = str_printf("%s/%s/workspace.json", workspaces, id);
    scoped_buf text = BUF_INIT(JSON_BYTES_MAX);
    json_t *record;
    bool ok = true;
    unsigned made = 1;

    if (!fs_read_file(AT_FDCWD, from, &text, err))
        return false;
    record = json_parse(text.data, text.len, JSON_BYTES_MAX, err);
    /* One number more than copies: the workspace's own id may end in any of them. */
    for (int i = 0; ok && record && made < count; i++) {
        char copy[BENCH_ID_BYTES];
        size_t n = strlen(id);
        scoped_free char *dir = NULL, *content = NULL, *file = NULL, *number = NULL;
        snprintf(copy, sizeof(copy), "%s", id);
        number = str_printf("%03d", i);
        memcpy(copy + n - 3, number, 3);
        if (strcmp(copy, id) == 0)
            continue;
        json_object_set_new(record, json_object_get(record, "id") ? "id" : "workspace_id",
                            json_string(copy));
        dir = str_printf("%s/%s/run", workspaces, copy);
        file = str_printf("%s/%s/workspace.json", workspaces, copy);
        content = json_dumps(record, JSON_INDENT(2));
        ok = content && fs_mkdir_p(dir, 0700, err) &&
             fs_replace(AT_FDCWD, file, content, strlen(content), 0600, err);
        made++;
    }
    json_decref(record);
    return ok && record;
}

static bool list_count(unsigned wanted, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "list", "--json", NULL };
    struct outcome o;
    json_t *list;
    int64_t count;

    if (!process_run(argv, &o, err))
        return false;
    list = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    count = json_int_or(list, "count", 0);
    json_decref(list);
    return count == wanted ||
           pyro_fail(err, PYRO_INTERNAL, "%lld workspaces are listed", (long long)count);
}

bool bench_create_many(unsigned count, struct pyro_error *err)
{
    scoped_free char *workspaces = str_printf("%s/pyro/workspaces", getenv("XDG_DATA_HOME"));
    char id[BENCH_ID_BYTES];
    const char *const stop[] = { bench_pyro(), "workspace", "stop", id, NULL };

    return bench_create(id, err) && process_quietly(stop, err) &&
           multiply(workspaces, id, count, err) && list_count(count, err);
}
