/* engine/commands/content.c: text or bytes, to standard output or into a file. */
#include "engine/commands/content.h"

#include <inttypes.h>
#include <sys/statvfs.h>

#include "engine/cmd/summary.h"
#include "engine/helper/host_file.h"
#include "vmm/base/file_name.h"
#include "vmm/base/json.h"

#define DEFAULT_MAX_BYTES 65536
#define TEXT_MAX_BYTES (8 * 1024 * 1024)

struct target {
    struct cmd_io *io;
    struct host_file file; /* fd -1: standard output */
    int64_t bytes;         /* given so far */
};

/* A file that cannot fit is refused before it fills the disk. */
static bool content_begin_file(void *arg, uint64_t bytes, struct pyro_error *err)
{
    const struct target *t = arg;
    struct statvfs v;

    if (fstatvfs(t->file.fd, &v) == 0 && bytes > (uint64_t)v.f_bavail * v.f_frsize)
        return pyro_fail(err, PYRO_NO_SPACE,
                         "it does not fit: %" PRIu64 " bytes, with room for "
                         "%" PRIu64,
                         bytes, (uint64_t)v.f_bavail * v.f_frsize);
    return true;
}

static bool content_put(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    struct target *t = arg;

    t->bytes += (int64_t)n;
    return cmd_io_write_shown(t->io, false, bytes, n, err);
}

static json_t *read_bytes(const struct content_args *c, content_read_fn *read, struct cmd_io *io,
                          int64_t *ret_bytes, struct pyro_error *err)
{
    struct target t = { .io = io, .file = HOST_FILE_INIT };
    struct content_range range = { c->offset,
                                   c->max_bytes == ARG_UNSET ? CONTENT_ALL : c->max_bytes };
    struct content_sink sink = { .put = content_put, .arg = &t };
    json_t *view = NULL;
    bool ok = true;

    if (c->output) {
        ok = host_file_open(&t.file, c->output, 0666, err);
        sink.begin = content_begin_file;
        if (ok)
            cmd_io_into(io, t.file.fd);
    }
    if (ok)
        view = read(c, &range, &sink, err);
    ok = cmd_io_flush(io, json_bool_or(view, "truncated", false), view ? err : NULL) && view &&
         (!c->output || host_file_install(&t.file, err));
    if (io->into_file)
        cmd_io_into(io, -1);
    host_file_release(&t.file);
    if (!ok)
        json_decref(take_ptr(&view));
    *ret_bytes = t.bytes;
    return view;
}

/* Text that goes on ends before what could begin a secret's value, which the next read then has
 * whole; unless that is all of it. */
static void end_before_secret(const struct cmd_io *io, json_t *view)
{
    const struct redactor *r = io->redaction.redactor;
    const json_t *content = json_object_get(view, "content");
    const char *text = json_string_value(content);
    size_t n = json_string_length(content), tail;

    if (!r || !n || !json_bool_or(view, "truncated", false))
        return;
    tail = redactor_tail(r, text, n);
    if (tail && tail < n)
        json_object_set_new(view, "content", json_stringn(text, n - tail));
}

static json_t *read_text(const struct content_args *c, content_read_fn *read, struct cmd_io *io,
                         int64_t *ret_bytes, struct pyro_error *err)
{
    struct content_range range = { c->offset,
                                   c->max_bytes == ARG_UNSET ? DEFAULT_MAX_BYTES : c->max_bytes };
    const json_t *content;
    json_t *view;

    if (range.max_bytes > TEXT_MAX_BYTES) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "--max-bytes: at most %d bytes of text",
                  TEXT_MAX_BYTES);
        return pyro_hint(err, "--content-only gives a file of any size");
    }
    view = read(c, &range, NULL, err);
    end_before_secret(io, view);
    content = json_object_get(view, "content");
    *ret_bytes = (int64_t)json_string_length(content);
    if (view && !io->json &&
        (!cmd_io_write_shown(io, false, json_string_value(content), json_string_length(content),
                             err) ||
         !cmd_io_flush(io, json_bool_or(view, "truncated", false), err)))
        json_decref(take_ptr(&view));
    return view;
}

/* What the next read would begin with, and how much there is of it. */
static void add_rest(const struct content_args *c, json_t *view, int64_t bytes)
{
    int64_t next = c->offset + bytes, left = json_int_or(view, "size_bytes", 0) - next;
    bool more = json_bool_or(view, "truncated", false);

    json_object_set_new(view, "offset", json_integer((json_int_t)c->offset));
    json_object_set_new(view, "next_offset", more ? json_integer((json_int_t)next) : json_null());
    json_object_set_new(view, "left_bytes", json_integer(more && left > 0 ? (json_int_t)left : 0));
}

static void tell(const struct content_args *c, const struct cmd_spec *cmd, const json_t *view,
                 bool bytes, struct cmd_io *io)
{
    if (bytes && json_bool_or(view, "truncated", false))
        cmd_io_warn(io, "'%s' is truncated: it has %" PRId64 " bytes",
                    json_string_or(view, "path", ""), json_int_or(view, "size_bytes", 0));
    if (c->content_only)
        return;
    summary_tell(io, cmd, view);
}

json_t *content_run(const struct content_args *c, content_read_fn *read, const struct cmd_spec *cmd,
                    struct cmd_io *io, struct pyro_error *err)
{
    bool bytes = c->output || (c->content_only && !io->json);
    int64_t given = 0;
    json_t *view =
        bytes ? read_bytes(c, read, io, &given, err) : read_text(c, read, io, &given, err);

    if (!view)
        return NULL;
    add_rest(c, view, given);
    json_object_set_new(view, "max_bytes",
                        c->max_bytes != ARG_UNSET ? json_integer((json_int_t)c->max_bytes)
                        : bytes                   ? json_null()
                                                  : json_integer(DEFAULT_MAX_BYTES));
    json_object_set_new(view, "output_path", c->output ? name_to_json("", c->output) : json_null());
    tell(c, cmd, view, bytes, io);
    return view;
}
