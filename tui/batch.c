/* tui/batch.c: jobs for several workspaces. */
#include "tui/batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "tui/app.h"
#include "tui/job.h"
#include "vmm/base/fs.h"

#define AT_ONCE 4

struct batch_item {
    struct batch *batch;
    char id[WORKSPACE_ID_LENGTH + 1];
    char *name, *shell; /* shell: NULL when the command is about the workspace */
};

struct batch {
    struct batch *next; /* of those that run */
    struct app *app;
    const char *word;
    char *input; /* NULL, or "--input=" and what is typed into the shells */
    struct batch_item *items;
    size_t count, begun, over, failed;
    bool beginning; /* a job that cannot even be started ends at once */
    char why[400];  /* of the first that failed */
};

static struct batch *running;

struct batch *batch_new(struct app *app, const char *word, struct watched_workspace *const *list,
                        size_t count)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    BUG_ON(!batch);
    *batch = (struct batch){ .app = app, .word = word };
    for (size_t i = 0; i < count; i++)
        batch_add(batch, list[i], NULL);
    return batch;
}

void batch_add(struct batch *batch, const struct watched_workspace *w, const char *shell)
{
    struct batch_item *item;

    batch->items = realloc(batch->items, (batch->count + 1) * sizeof(*batch->items));
    BUG_ON(!batch->items);
    item = &batch->items[batch->count++];
    *item = (struct batch_item){ .batch = batch,
                                 .name = str_printf("%s", model_name(w)),
                                 .shell = shell ? str_printf("%s", shell) : NULL };
    snprintf(item->id, sizeof(item->id), "%s", w->record.id);
}

void batch_set_input(struct batch *batch, const char *input)
{
    free(batch->input);
    batch->input = str_printf("--input=%s", input);
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->items[i].name);
        free(batch->items[i].shell);
    }
    free(batch->input);
    free(batch->items);
    free(batch);
}

/* A single one has reported everything itself. */
static void tell(const struct batch *b)
{
    if (b->count > 1 && b->failed)
        app_message(b->app, ROLE_BAD, "%s: %zu of %zu failed: %s%s", b->word, b->failed, b->count,
                    b->why, b->failed > 1 ? " — L has the others" : "");
    else if (b->count > 1)
        app_message(b->app, ROLE_GOOD, "%s: %zu workspaces, done", b->word, b->count);
}

static void go_on(struct batch *b);

static void batch_ended(void *arg, const struct job_end *end)
{
    struct batch_item *item = arg;
    struct batch *b = item->batch;

    b->over++;
    if (!end->ok && !b->failed++)
        snprintf(b->why, sizeof(b->why), "%.90s: %.300s", item->name, end->error.message);
    if (!b->beginning)
        go_on(b);
}

static void go_on(struct batch *b)
{
    b->beginning = true;
    while (b->begun < b->count && b->begun - b->over < AT_ONCE) {
        struct batch_item *item = &b->items[b->begun++];
        const char *plain[] = { "workspace", b->word, item->id, NULL }, *typed[] = {
            "workspace", "shell", "write", item->id, item->shell, b->input, NULL
        };
        scoped_free char *what = str_printf("%s %s", b->word, item->name);

        job_start(b->app, what, item->shell ? typed : plain, false, batch_ended, item);
    }
    b->beginning = false;
    if (b->over < b->count)
        return;
    tell(b);
    list_remove(&running, b);
    batch_free(b);
}

void batch_start(struct batch *batch)
{
    batch->next = running;
    running = batch;
    go_on(batch);
}
