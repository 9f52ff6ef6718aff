/* engine/commands/commands_markdown.c: prints docs/commands.md; hidden, for `make docs`. */
#include "engine/cmd/io.h"
#include "engine/cmd/schema.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "vmm/base/json.h"

#define PAGE_MAX_BYTES (1024 * 1024)

static const struct row_spec markdown_result[] = {
    RES_STR("page"),
    ROW_END,
};

static json_t *commands_markdown_run(const void *args UNUSED, struct cmd_io *io UNUSED,
                                     struct pyro_error *err)
{
    scoped_buf page = BUF_INIT(PAGE_MAX_BYTES);

    if (!schema_markdown(&page))
        return pyro_no_memory(err, NULL);
    return json_pack("{s:s}", "page", page.data);
}

const struct cmd_spec cmd_markdown = {
    .path = "__markdown",
    .summary = "Print the page that documents every command",
    .example = "pyro __markdown",
    .traits = CMD_READ_ONLY | CMD_HIDDEN,
    .result = markdown_result,
    .run = commands_markdown_run,
    .print = show_page,
};
