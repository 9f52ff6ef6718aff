/* engine/file/read_write.c: file_read() and file_write(). */

#include "engine/file/changes.h"
#include "engine/file/fetch.h"
#include "engine/file/file.h"
#include "engine/file/path.h"
#include "vmm/base/file_name.h"
#include "vmm/base/utf8.h"

/* The offset of the first byte that is not text; n when all are. A character that is cut off only
 * by the end counts as text when `cut`. */
static size_t find_no_text(const char *s, size_t n, bool cut)
{
    size_t at = 0;

    while (at < n) {
        size_t length = utf8_valid_length(s + at, n - at);
        if (!length || !s[at])
            break;
        at += length;
    }
    return at < n && cut && n - at < 4 && s[at] ? n : at;
}

bool file_check_text(const char *what, const void *bytes, size_t n, struct pyro_error *err)
{
    size_t at;

    if (n > FILE_TEXT_MAX) {
        pyro_fail(err, PYRO_CONTENT_REFUSED, "%s is over %d MiB", what, FILE_TEXT_MAX >> 20);
        return pyro_hint(err, "bring larger files in with 'pyro workspace sync push'");
    }
    at = find_no_text(bytes, n, false);
    if (at == n)
        return true;
    pyro_fail(err, PYRO_CONTENT_REFUSED, "%s is not UTF-8 text (byte %zu)", what, at);
    return pyro_hint(err, "bring binary files in with 'pyro workspace sync push'");
}

static bool check_kind(const struct fetched *f, const char *shown, struct pyro_error *err)
{
    switch (f->kind) {
    case FILE_REGULAR:
        return true;
    case FILE_MISSING:
        return pyro_fail(err, PYRO_FILE_NOT_FOUND, "'%s': there is no such file", shown);
    case FILE_DIRECTORY:
        pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%s' is a directory", shown);
        return pyro_hint(err, "see what is in it with 'pyro workspace file list'");
    case FILE_SYMLINK:
        pyro_fail(err, PYRO_PATH_REFUSED,
                  "'%s' is a symbolic link to '%.200s', and links are not followed", shown,
                  f->content.len ? f->content.data : "");
        return pyro_hint(err, "name the file it leads to");
    default:
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%s' is not a regular file", shown);
    }
}

static json_t *to_json(const struct fetched *f, const char *shown, struct pyro_error *err)
{
    const char *text = f->content.len ? f->content.data : "";
    size_t n = f->content.len, at = find_no_text(text, n, f->more);

    if (at < n) {
        pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%s' is not UTF-8 text (byte %zu)", shown, at);
        return pyro_hint(err, "take binary files out with 'pyro workspace export'");
    }
    if (f->more) { /* whole characters only */
        size_t whole = 0, length;
        while ((length = utf8_valid_length(text + whole, n - whole)))
            whole += length;
        n = whole;
    }
    return json_pack("{s:o, s:I, s:o, s:b}", "path", name_to_json("", shown), "size_bytes",
                     (json_int_t)f->size_bytes, "content", json_stringn(text, n), "truncated",
                     f->more);
}

json_t *file_read(const char *ref, const char *path, const struct content_range *range,
                  const struct content_sink *sink, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_free char *relative = file_path_parse(path, err), *shown = NULL;
    struct fetched f = { 0 };
    const char *mode;
    json_t *result = NULL;

    if (!relative || !workspace_open(ref, &o, err) || !(mode = workspace_execution_mode(&o, err)))
        return NULL;
    shown = file_path_show(relative);
    if (file_fetch(&o, relative, range, sink, &f, err) && check_kind(&f, shown, err))
        result = to_json(&f, shown, err);
    fetched_release(&f);
    if (result) {
        json_object_set_new(result, "workspace_id", json_string(o.id));
        json_object_set_new(result, "execution_mode", json_string(mode));
    }
    return result;
}

json_t *file_write(const char *ref, const char *path, const void *bytes, size_t n,
                   struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_free char *relative = file_path_parse(path, err), *shown = NULL;
    struct changes changes;
    const char *mode;
    bool ok;

    if (!relative || !file_check_text("the text", bytes, n, err) || !workspace_open(ref, &o, err) ||
        !(mode = workspace_execution_mode(&o, err)))
        return NULL;
    shown = file_path_show(relative);
    if (!*relative)
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%s' is a directory", shown);
    changes_init(&changes);
    ok = changes_add(&changes,
                     &(struct change){ .action = FILE_WRITE,
                                       .expect = FILE_EXPECT_ANY,
                                       .mode = FILE_MODE_KEEP,
                                       .path = relative,
                                       .content = bytes,
                                       .content_bytes = n },
                     err) &&
         changes_send(&changes, &o, shown, err);
    changes_release(&changes);
    if (!ok)
        return NULL;
    return json_pack("{s:s, s:o, s:I, s:s}", "workspace_id", o.id, "path", name_to_json("", shown),
                     "bytes_written", (json_int_t)n, "execution_mode", mode);
}
