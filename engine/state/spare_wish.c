/* engine/state/spare_wish.c: spares.json, and how many spares there may be. */
#include "engine/state/spare_wish.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state/config_file.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/rows.h"

#define WISHES_FILE "spares.json"
#define WISHES_BYTES_MAX (16 * 1024)
#define LATELY_SECONDS 600

bool spares_parse(const char *text, int64_t *ret)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n > SPARES_MAX)
        return false;
    *ret = n;
    return true;
}

static bool spares_fail(const char *where, const char *value, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s '%s' is not a number from 0 to %d", where,
                     value, SPARES_MAX);
}

/* False where the configuration has no valid number; *err says so of an invalid one. */
static bool spares_configured(int64_t *ret, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(CONFIG_BYTES_MAX);
    scoped_free char *path = NULL;
    struct config_setting s = { 0 };
    bool found = false;

    if (!config_file_read(&path, &text, err))
        return false;
    for (char *at = text.data; at && config_next(&at, &s);) {
        if (strcmp(s.name, "spares") != 0)
            continue;
        found = s.value && spares_parse(s.value, ret);
        if (!found) {
            scoped_free char *where = str_printf("%s:%d: spares", path, s.line);
            spares_fail(where, s.value ? s.value : "", err);
        }
    }
    return found;
}

bool spares_check(struct pyro_error *err)
{
    const char *set = getenv("PYRO_SPARES");
    struct pyro_error why = { 0 };
    int64_t n;

    if (set && !spares_parse(set, &n))
        return spares_fail("PYRO_SPARES", set, err);
    return spares_configured(&n, &why) || why.code == PYRO_OK || pyro_copy(err, &why);
}

int64_t spares_allowed(bool stays)
{
    const char *set = getenv("PYRO_SPARES");
    int64_t n;

    if ((set && spares_parse(set, &n)) || spares_configured(&n, NULL))
        return n;
    return stays ? SPARES_DEFAULT : 0;
}

/* ---- the file ---- */

struct wishes {
    json_t *made; /* each by wish_rows; NULL: none */
};
static const struct row_spec wish_rows[] = {
    ROW_TEXT(spare_wish, environment, .required = true),
    ROW_INT(spare_wish, vcpu_count, .required = true, .min = 1, .max = 1024),
    ROW_INT(spare_wish, mem_mib, .required = true, .min = 1, .max = INT32_MAX),
    ROW_BOOL(spare_wish, network, .required = true),
    ROW_NUM(spare_wish, made_at),
    ROW_END,
};
static const struct row_spec wishes_rows[] = {
    ROW_VERSION("version", 1),
    ROW_OBJECTS(wishes, made, wish_rows),
    ROW_END,
};

bool spare_wish_equal(const struct spare_wish *a, const struct spare_wish *b)
{
    return !strcmp(a->environment, b->environment) && a->vcpu_count == b->vcpu_count &&
           a->mem_mib == b->mem_mib && a->network == b->network;
}

static size_t read_from(int root_fd, struct spare_wish ret[SPARE_WISHES_MAX])
{
    struct wishes w = { 0 };
    size_t count = 0;

    if (rows_read(wishes_rows, root_fd, WISHES_FILE, WISHES_BYTES_MAX, &w, NULL))
        for (size_t i = 0; i < json_array_size(w.made) && count < SPARE_WISHES_MAX; i++)
            count += rows_load(wish_rows, json_array_get(w.made, i), &ret[count], NULL);
    rows_release(wishes_rows, &w);
    return count;
}

size_t spare_wishes_read(struct spare_wish ret[SPARE_WISHES_MAX])
{
    scoped_free char *path = paths_data(NULL);
    scoped_close int root = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    size_t count = root < 0 ? 0 : read_from(root, ret), lately = 0;

    while (lately < count && (!lately || ret[lately].made_at > clock_wall() - LATELY_SECONDS))
        lately++;
    return lately;
}

/* Two at once: one of both is lost. */
void spare_wish_note(const struct spare_wish *wish)
{
    scoped_free char *path = paths_data(NULL);
    scoped_close int root = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    struct spare_wish old[SPARE_WISHES_MAX] = { 0 };
    size_t count = root < 0 ? 0 : read_from(root, old);
    struct wishes w = { .made = json_array() };
    struct spare_wish now = *wish;

    now.made_at = clock_wall();
    json_array_append_new(w.made, rows_save(wish_rows, &now));
    for (size_t i = 0; i < count && json_array_size(w.made) < SPARE_WISHES_MAX; i++)
        if (!spare_wish_equal(&old[i], wish))
            json_array_append_new(w.made, rows_save(wish_rows, &old[i]));
    if (root >= 0)
        (void)!rows_write(wishes_rows, &w, root, WISHES_FILE, NULL);
    rows_release(wishes_rows, &w);
}
