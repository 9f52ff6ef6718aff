/* tui/palette_output.c: the output of a job, in the key bar or in a pager. */
#include "tui/palette_output.h"

#include <stdlib.h>
#include <string.h>

#include "tui/pager.h"
#include "vmm/base/fs.h"

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

void palette_output_show(const struct job_end *end)
{
    struct pager_spec spec = { .title = end->what,
                               .note = end->ok || end->cancelled ? NULL : end->error.message };
    const char *said = end->ok || end->cancelled ? "" : end->said;

    spec.len = end->output_len + strlen(said);
    spec.text = malloc(spec.len + 1);
    BUG_ON(!spec.text);
    memcpy(spec.text, end->output, end->output_len);
    memcpy(spec.text + end->output_len, said, strlen(said) + 1);
    pager_open(end->app, &spec);
}

void palette_output_tell(const struct job_end *end)
{
    struct app *app = end->app;

    /* The output up to an end that was asked for is worth reading. */
    if (!end->ok && !end->output_len)
        return;
    if (count_lines(end->output) <= 1) {
        scoped_free char *line = strndup(end->output, strcspn(end->output, "\n"));
        app_message(app, ROLE_GOOD, "%s", line && *line ? line : "done");
        return;
    }
    /* Not in front of what the operator does now, unless that was to end it. */
    if (app_may_open(app, end->cancelled ? app->top->serial : end->from))
        palette_output_show(end);
    else
        app_message(app, ROLE_GOOD, "%s: done; run it again to read what it said", end->what);
}
