/*
 * A file's content as a command gives it: text with a summary, or its bytes (--content-only,
 * --output), of any size, as they come. What `file read` and `disk read` share.
 */
#ifndef PYRO_COMMANDS_CONTENT_H
#define PYRO_COMMANDS_CONTENT_H

#include "engine/cmd/summary.h"
#include "engine/helper/content.h"

struct content_args {
    const char *workspace, *path;
    int64_t max_bytes, offset; /* max_bytes ARG_UNSET: not given */
    bool content_only;
    const char *output;
};

/* Its rows after those of the workspace and the path. */
#define ARG_CONTENT_ROWS                                                                           \
    ARG_INT(content_args, max_bytes, .agent = "", .min = 1, .max = INT64_MAX, .def = ARG_UNSET,    \
            .unit = "bytes",                                                                       \
            .help =                                                                                \
                "How much of it at most: 65536 when not given, or all with --content-only and "    \
                "--output; text is cut between characters and is at most 8 MiB"),                  \
        ARG_INT(content_args, offset, .agent = "", .max = INT64_MAX, .unit = "bytes",              \
                .help = "Where to begin: 0, or the next_offset of the last read"),                 \
        ARG_FLAG(content_args, content_only,                                                       \
                 .help = "The file's bytes, all of them, and nothing else"),                       \
        ARG_STR(content_args, output, .metavar = "HOST_PATH", .complete = COMPLETE_FILE,           \
                .help = "Write the bytes into this new file instead")

#define RES_CONTENT_ROWS                                                                           \
    RES_STR("path"), RES_INT("size_bytes", .help = "Of the whole file"), RES_INT("offset"),        \
        RES_INT("max_bytes", .nullable = true, .help = "Null: all of it"),                         \
        RES_INT("next_offset", .nullable = true,                                                   \
                .help = "Where the next read begins; null when this one reached the end"),         \
        RES_INT("left_bytes", .help = "From there to the end"),                                    \
        RES_STR("content", .cut_by = "truncated", .help = "Empty with --output"),                  \
        RES_BOOL("truncated", .help = "The file is longer than what is here"),                     \
        RES_STR("output_path", .nullable = true)

/* Reads a part of a file into a sink, or as text where there is none. */
typedef json_t *content_read_fn(const struct content_args *c, const struct content_range *range,
                                const struct content_sink *sink, struct pyro_error *err);
/* Shows what `read` gives, and the summary of the command. */
json_t *content_run(const struct content_args *c, content_read_fn *read, const struct cmd_spec *cmd,
                    struct cmd_io *io, struct pyro_error *err) MUST_CHECK;

#endif
