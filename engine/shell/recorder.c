/* engine/shell/recorder.c: the formats of recordings. */
#include "engine/shell/recorder.h"

#include <fcntl.h>
#include <string.h>

#include "engine/secret/secrets.h"
#include "engine/shell/cast.h"
#include "engine/shell/html.h"
#include "engine/shell/svg.h"

const char *const recorder_formats[] = { "cast", "svg", "html", NULL };

static bool write_as(const struct recorder_spec *spec, const struct recording *r, FILE *out,
                     struct record_result *ret, struct pyro_error *err)
{
    scoped_redactor *redactor = NULL;
    struct frames_spec frames = { .recording = r, .title = spec->title };

    if (strcmp(spec->format, "cast") == 0)
        return cast_write(r, out, ret, err);
    /* Drawing joins what the log has in pieces. */
    if (!secrets_redactor_of(spec->workspace_fd, &redactor, err))
        return false;
    frames.redactor = redactor;
    return strcmp(spec->format, "svg") == 0 ? svg_write(&frames, out, ret, err)
                                            : html_write(&frames, out, ret, err);
}

bool recorder_write(const struct recorder_spec *spec, struct record_result *ret,
                    struct pyro_error *err)
{
    struct record_result result = { 0 };
    int out_copy = fcntl(spec->out_fd, F_DUPFD_CLOEXEC, 3);
    FILE *out = out_copy < 0 ? NULL : fdopen(out_copy, "w");
    struct recording r;
    bool ok;

    if (!out)
        return pyro_fail_errno(err, "open the recording");
    if (!recording_open(spec->workspace_fd, spec->shell, &r, err)) {
        fclose(out);
        return false;
    }
    ok = write_as(spec, &r, out, &result, err);
    result.dropped_bytes = r.first;
    recording_release(&r);
    if (ok && fflush(out) != 0)
        ok = pyro_fail_errno(err, "write the recording");
    if (ok)
        result.bytes_written = (uint64_t)ftello(out);
    if (fclose(out) != 0 && ok)
        ok = pyro_fail_errno(err, "write the recording");
    if (ok)
        *ret = result;
    return ok;
}
