/* engine/commands/show.c: blocks of "Key: value" lines. */
#include "engine/commands/show.h"

#include <inttypes.h>
#include <string.h>

#include "engine/cmd/text.h"
#include "engine/state/attention.h"
#include "engine/state/record.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

#define LINE_MAX_BYTES (256 * 1024)
#define TABLE_COLUMNS_MAX 16

void show_line(FILE *out, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    fprintf(out, "%s: ", key);
    text_print(out, value);
    fputc('\n', out);
}

void show_number(FILE *out, const char *key, int64_t value)
{
    fprintf(out, "%s: %" PRId64 "\n", key, value);
}

void show_attention(const json_t *object, FILE *out)
{
    const char *state = json_string_or(object, "state", "");
    struct running running = { 0 };

    if (!strcmp(state, "started") || !strcmp(state, "running"))
        running = (struct running){ .commands = json_int_or(object, "running_command_count", 0),
                                    .services = json_int_or(object, "running_service_count", 0),
                                    .shells = json_int_or(object, "shell_count", 1) };
    fputs(attention_word(attention_state_of(json_object_get(object, "attention")), &running, "-"),
          out);
}

void show_command(const json_t *object, FILE *out)
{
    const json_t *words = json_object_get(object, "command");

    for (size_t i = 0; i < json_array_size(words); i++) {
        scoped_buf word = BUF_INIT(LINE_MAX_BYTES);
        const char *s = json_string_value(json_array_get(words, i));

        if (s && text_quote(&word, s))
            fprintf(out, "%s%s", i ? " " : "", word.data);
    }
}

/* A stream that the text of each cell goes through. */
struct cell {
    FILE *out;
    char *text;
    size_t n;
};

static void begin_cells(struct cell *cell)
{
    *cell = (struct cell){ .text = NULL };
    cell->out = open_memstream(&cell->text, &cell->n);
    BUG_ON(!cell->out);
}

static void end_cells(struct cell *cell)
{
    fclose(cell->out);
    free(cell->text);
}

/* Valid until the next one. */
static const char *cell_text(struct cell *cell, const struct show_column *c, const json_t *object)
{
    const json_t *value = c->member ? json_object_get(object, c->member) : NULL;

    rewind(cell->out);
    if (c->show)
        c->show(object, cell->out);
    else if (json_is_integer(value))
        fprintf(cell->out, "%" PRId64, (int64_t)json_integer_value(value));
    else
        text_print(cell->out, json_is_string(value) ? json_string_value(value) : "-");
    fputc('\0', cell->out);
    BUG_ON(fflush(cell->out) != 0);
    return cell->text;
}

static int width_of(struct cell *cell, const struct show_column *c, const json_t *list)
{
    int width = c->width;

    for (size_t i = 0; !c->width && i < json_array_size(list); i++) {
        int n = (int)strlen(cell_text(cell, c, json_array_get(list, i)));
        width = n > width ? n : width;
    }
    return width;
}

static void show_line_of_table(struct cell *cell, const struct show_column *columns,
                               const int *widths, const json_t *object, FILE *out)
{
    for (size_t i = 0; columns[i].title; i++) {
        const struct show_column *c = &columns[i];
        const char *text = object ? cell_text(cell, c, object) : c->title;
        if (!c[1].title)
            fprintf(out, "%s\n", text);
        else if (widths[i])
            fprintf(out, "%*s%s", c->to_the_right ? widths[i] : -widths[i], text,
                    c->to_the_right ? "  " : " ");
    }
}

void show_table(const json_t *list, const struct show_column *columns, const char *none, FILE *out)
{
    int widths[TABLE_COLUMNS_MAX];
    struct cell cell;

    if (!json_array_size(list) && none) {
        fprintf(out, "%s\n", none);
        return;
    }
    begin_cells(&cell);
    for (size_t i = 0; columns[i].title; i++) {
        BUG_ON(i == TABLE_COLUMNS_MAX);
        widths[i] = columns[i + 1].title ? width_of(&cell, &columns[i], list) : 0;
    }
    show_line_of_table(&cell, columns, widths, NULL, out);
    for (size_t i = 0; i < json_array_size(list); i++)
        show_line_of_table(&cell, columns, widths, json_array_get(list, i), out);
    end_cells(&cell);
}

/* "Attention: failed exec 3: exit code 2: make" */
static void show_attention_line(const json_t *w, FILE *out)
{
    const json_t *attention = json_object_get(w, "attention");
    enum attention_state state = attention_state_of(attention);
    scoped_free char *text = attention_text(attention);
    scoped_free char *line = str_printf("%s %s", attention_states[state], text);

    if (state >= ATTENTION_FINISHED)
        show_line(out, "Attention", line);
}

static void show_pairs(FILE *out, const char *what, const json_t *pairs)
{
    bool first = true;
    const char *key;
    json_t *value;

    if (!json_object_size(pairs))
        return;
    fprintf(out, "%s: ", what);
    json_object_foreach ((json_t *)(uintptr_t)pairs, key, value) {
        fputs(first ? "" : ", ", out);
        text_print(out, key);
        fputc('=', out);
        text_print(out, json_string_value(value));
        first = false;
    }
    fputc('\n', out);
}

static void show_seed(const json_t *seed, FILE *out)
{
    const char *path = json_string_or(seed, "seed_path", NULL);

    fputs("Workspace seed: ", out);
    text_print(out, json_string_or(seed, "mode", "empty"));
    if (path) {
        fputs(" from ", out);
        text_print(out, path);
    }
    fputc('\n', out);
}

static void show_secrets(const json_t *secrets, FILE *out)
{
    if (!json_array_size(secrets))
        return;
    fputs("Secrets: ", out);
    for (size_t i = 0; i < json_array_size(secrets); i++) {
        const json_t *s = json_array_get(secrets, i);

        fprintf(out, "%s", i ? ", " : "");
        text_print(out, json_string_or(s, "name", ""));
        fprintf(out, " (%s)", json_string_or(s, "source_kind", ""));
    }
    fputc('\n', out);
}

static void show_services(const json_t *w, FILE *out)
{
    int64_t count = json_int_or(w, "service_count", 0);

    if (!count)
        show_number(out, "Services", 0);
    else
        fprintf(out, "Services: %" PRId64 " (%" PRId64 " running)\n", count,
                json_int_or(w, "running_service_count", 0));
}

static void show_last_command(const json_t *last, FILE *out)
{
    if (!json_is_object(last))
        return;
    fputs("Last command: ", out);
    show_command(last, out);
    fprintf(out, " (exit_code=%" PRId64 ")\n", json_int_or(last, "exit_code", 0));
}

void show_workspace(const json_t *w, FILE *out)
{
    show_line(out, "Workspace ID", json_string_or(w, "workspace_id", NULL));
    show_line(out, "Name", json_string_or(w, "name", NULL));
    show_pairs(out, "Labels", json_object_get(w, "labels"));
    show_line(out, "Environment", json_string_or(w, "environment", NULL));
    show_line(out, "Forked from", json_string_or(w, "forked_from", NULL));
    show_line(out, "State", json_string_or(w, "state", NULL));
    show_attention_line(w, out);
    show_line(out, "Paused", json_string_or(w, "paused_reason", NULL));
    if (json_is_string(json_object_get(w, "stop_reason")))
        show_line(out, "Stopped", STOPPED_EXPIRED_TEXT);
    show_line(out, "Workspace", json_string_or(w, "workspace_path", NULL));
    show_seed(json_object_get(w, "workspace_seed"), out);
    show_line(out, "Network policy", json_string_or(w, "network_policy", NULL));
    show_line(out, "Network down", json_string_or(w, "network_error", NULL));
    show_pairs(out, "Variables", json_object_get(w, "env"));
    show_secrets(json_object_get(w, "secrets"), out);
    show_line(out, "Execution mode", json_string_or(w, "execution_mode", NULL));
    show_line(out, "Accelerator", json_string_or(w, "accelerator", NULL));
    fprintf(out, "Resources: %" PRId64 " vCPU / %" PRId64 " MiB\n", json_int_or(w, "vcpu_count", 0),
            json_int_or(w, "mem_mib", 0));
    if (json_int_or(w, "suspend_after_idle", 0))
        fprintf(out, "Suspend after idle: %" PRId64 " s\n",
                json_int_or(w, "suspend_after_idle", 0));
    show_number(out, "Shells", json_int_or(w, "shell_count", 0));
    show_services(w, out);
    show_number(out, "Command count", json_int_or(w, "command_count", 0));
    show_last_command(json_object_get(w, "last_command"), out);
    show_line(out, "Last error", json_string_or(w, "last_error", NULL));
    show_line(out, "Booted from disk", json_string_or(w, "resume_error", NULL));
}

void show_strings(FILE *out, const char *key, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i == 0)
            fprintf(out, "%s: ", key);
        fputs(i ? ", " : "", out);
        text_print(out, json_string_value(json_array_get(list, i)));
    }
    if (json_array_size(list))
        fputc('\n', out);
}

/* The same of a command, quoted as a shell reads it. */
static void show_words(FILE *out, const char *key, const json_t *words)
{
    scoped_buf text = BUF_INIT(256 * 1024);

    for (size_t i = 0; i < json_array_size(words); i++)
        if ((i && !buf_append_str(&text, " ")) ||
            !text_quote(&text, json_string_value(json_array_get(words, i))))
            return;
    show_line(out, key, text.data);
}

/* What is empty has no line. */
static void show_member(FILE *out, const char *key, const json_t *object, const char *name)
{
    const char *text = json_string_or(object, name, "");

    show_line(out, key, *text ? text : NULL);
}

static void show_config(const json_t *config, const json_t *layers, FILE *out)
{
    int64_t bytes = 0;

    show_words(out, "Entrypoint", json_object_get(config, "entrypoint"));
    show_words(out, "Command", json_object_get(config, "cmd"));
    show_strings(out, "Variables", json_object_get(config, "env"));
    show_member(out, "User", config, "user");
    show_member(out, "Working dir", config, "working_dir");
    show_strings(out, "Ports", json_object_get(config, "ports"));
    show_strings(out, "Volumes", json_object_get(config, "volumes"));
    show_member(out, "Stop signal", config, "stop_signal");
    show_member(out, "Created", config, "created");
    for (size_t i = 0; i < json_array_size(layers); i++)
        bytes += json_int_or(json_array_get(layers, i), "size_bytes", 0);
    if (json_array_size(layers)) /* what was committed has none of its own */
        fprintf(out, "Layers: %zu, %lld bytes\n", json_array_size(layers), (long long)bytes);
}

static void show_passed_over(const json_t *list, FILE *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        fputs("Not from: ", out);
        text_print(out, json_string_or(one, "source", ""));
        fputs(", ", out);
        text_print(out, json_string_or(one, "reason", ""));
        fputc('\n', out);
    }
}

void show_environment(const json_t *e, FILE *out)
{
    show_line(out, "Version", json_string_or(e, "version", NULL));
    show_line(out, "Description", json_string_or(e, "description", NULL));
    show_strings(out, "Packages", json_object_get(e, "default_packages"));
    show_line(out, "Distribution", json_string_or(e, "distribution", NULL));
    show_line(out, "Platform", json_string_or(e, "platform", NULL));
    show_line(out, "Installed", json_bool_or(e, "installed", false) ? "yes" : "no");
    show_line(out, "Install dir", json_string_or(e, "install_dir", NULL));
    show_line(out, "Source", json_string_or(e, "source", NULL));
    show_passed_over(json_object_get(e, "passed_over"), out);
    show_line(out, "Source digest", json_string_or(e, "source_digest", NULL));
    if (json_is_integer(json_object_get(e, "size_bytes")))
        show_number(out, "Size bytes", json_int_or(e, "size_bytes", 0));
    show_strings(out, "Used by", json_object_get(e, "used_by"));
    show_line(out, "Reference", json_string_or(e, "reference", NULL));
    show_line(out, "Reference digest", json_string_or(e, "reference_digest", NULL));
    show_line(out, "Digest", json_string_or(e, "digest", NULL));
    if (json_is_object(json_object_get(e, "config")))
        show_config(json_object_get(e, "config"), json_object_get(e, "layers"), out);
}

void show_page(const json_t *result, FILE *out)
{
    fputs(json_string_or(result, "page", ""), out);
}

void show_spares(const json_t *spares, FILE *out)
{
    const json_t *s;
    size_t i;

    json_array_foreach (spares, i, s) {
        bool network = strcmp(json_string_or(s, "network_policy", "off"), "off") != 0;

        fprintf(out, "Spare: %s ", json_string_or(s, "workspace_id", ""));
        text_print(out, json_string_or(s, "environment", ""));
        fprintf(out, " %d vCPU %d MiB%s: %lld MB, and %lld MB shared by its template's copies\n",
                (int)json_int_or(s, "vcpu_count", 0), (int)json_int_or(s, "mem_mib", 0),
                network ? " network" : "", (long long)json_int_or(s, "pss_bytes", 0) / 1000000,
                (long long)json_int_or(s, "template_bytes", 0) / 1000000);
    }
}
