/* engine/environment/overlays.c: measuring layers, and telling whether they are what was measured. */
#include "engine/environment/overlays.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state/digest.h"
#include "engine/state/file_state.h"
#include "vmm/base/fs.h"

struct overlay_file {
    char *digest; /* "xxh3:HEX" of its content */
    struct file_state state;
    int64_t size_bytes; /* disk space */
};

static const struct row_spec overlay_rows[] = {
    ROW_TEXT(overlay_file, digest, .required = true),
    ROW_STRUCT(overlay_file, state, file_state_rows),
    ROW_INT(overlay_file, size_bytes),
    ROW_END,
};

void overlay_name(unsigned number, char *ret)
{
    snprintf(ret, OVERLAY_NAME_MAX, "%u.qcow2", number);
}

static char *path_of(const char *directory, unsigned number)
{
    char name[OVERLAY_NAME_MAX];

    overlay_name(number, name);
    return str_printf("%s/%s", directory, name);
}

/* Its object, new. */
static json_t *measure(const char *path, struct pyro_error *err)
{
    scoped_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char digest[DIGEST_TEXT_BYTES];
    struct overlay_file file = { .digest = digest };
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "open '%s'", path);
    if (!digest_file(fd, digest, err))
        return NULL;
    file.state = file_state_of(path);
    file.size_bytes = (int64_t)st.st_blocks * 512;
    return rows_save(overlay_rows, &file);
}

json_t *overlays_measure(const char *directory, unsigned count, struct pyro_error *err)
{
    json_t *list = json_array();

    for (unsigned i = 1; i <= count; i++) {
        scoped_free char *path = path_of(directory, i);
        json_t *one = measure(path, err);
        if (!one) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, one);
    }
    return list;
}

/* `place`: the object's in the list. */
static bool check(const char *path, json_t *list, size_t place, bool *ret_touched)
{
    struct overlay_file file = { 0 };
    scoped_json json_t *now = NULL;
    bool ok = rows_load(overlay_rows, json_array_get(list, place), &file, NULL);

    if (ok && !file_state_matches(path, &file.state)) {
        now = measure(path, NULL);
        ok = now && !strcmp(json_string_or(now, "digest", ""), file.digest);
        if (ok)
            json_array_set(list, place, now);
        *ret_touched |= ok;
    }
    rows_release(overlay_rows, &file);
    return ok;
}

bool overlays_check(const char *directory, json_t *overlays, bool *ret_touched)
{
    for (size_t i = 0; i < json_array_size(overlays); i++) {
        scoped_free char *path = path_of(directory, (unsigned)i + 1);
        if (!check(path, overlays, i, ret_touched))
            return false;
    }
    return true;
}

int64_t overlays_size(const json_t *overlays)
{
    int64_t sum = 0;

    for (size_t i = 0; i < json_array_size(overlays); i++)
        sum += json_int_or(json_array_get(overlays, i), "size_bytes", 0);
    return sum;
}

char *overlays_digest(const char *image_digest, const json_t *overlays)
{
    scoped_buf text = BUF_INIT(64 * 1024);
    char digest[DIGEST_TEXT_BYTES];
    bool ok = buf_append_str(&text, image_digest);

    for (size_t i = 0; ok && i < json_array_size(overlays); i++)
        ok = buf_append_str(&text, json_string_or(json_array_get(overlays, i), "digest", ""));
    BUG_ON(!ok);
    digest_bytes(text.data, text.len, digest);
    return str_printf("%s", digest);
}
