/* engine/commands/complete_cmd.c: `pyro __complete -- WORD…`, which the completion scripts call. */
#include "engine/cmd/complete.h"
#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/table.h"
#include "vmm/base/json.h"

struct complete_args {
    struct arg_list words;
};

static const struct arg_spec complete_rows[] = {
    ARG_COMMAND(complete_args, words),
    ARG_END,
};

static const struct row_spec candidate_rows[] = {
    RES_STR("value"),
    RES_STR("help"),
    ROW_END,
};

static const struct row_spec complete_result[] = {
    RES_OBJECTS("candidates", candidate_rows),
    RES_BOOL("files", .help = "File names are wanted"),
    ROW_END,
};

static json_t *complete_cmd_run(const void *args, struct cmd_io *io UNUSED,
                                struct pyro_error *err UNUSED)
{
    const struct complete_args *a = args;
    bool files;
    json_t *list = complete_words(&a->words, &files);

    return json_pack("{s:o, s:b}", "candidates", list, "files", files);
}

/* One "value<TAB>help" a line; a line ":files" asks the shell for file names. */
static void complete_cmd_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "candidates");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);

        text_print(out, json_string_or(c, "value", ""));
        fputc('\t', out);
        text_print(out, json_string_or(c, "help", ""));
        fputc('\n', out);
    }
    if (json_bool_or(result, "files", false))
        fputs(":files\n", out);
}

const struct cmd_spec cmd_complete = {
    .path = "__complete",
    .summary = "List the words that may come next on a command line",
    .example = "pyro __complete -- workspace st",
    .traits = CMD_READ_ONLY | CMD_HIDDEN,
    .args = complete_rows,
    .args_size = sizeof(struct complete_args),
    .result = complete_result,
    .run = complete_cmd_run,
    .print = complete_cmd_print,
};
