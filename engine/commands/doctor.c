/* engine/commands/doctor.c: finds out what this machine can do. */
#include "engine/doctor/doctor.h"

#include <ctype.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/state/spare_wish.h"
#include "engine/workspace/spares.h"
#include "vmm/base/fs.h"

struct doctor_args {
    const char *environment;
};

static const struct arg_spec doctor_rows[] = {
    ARG_STR(doctor_args, environment, .metavar = "ENV", .complete = COMPLETE_ENVIRONMENT,
            .help = "Start the test machine from this environment; without it, from one that is "
                    "installed"),
    ARG_END,
};

static const char *const verdicts[] = { "PASS", "FAIL", NULL };

static const struct row_spec kvm_rows[] = {
    RES_BOOL("exists"),
    RES_BOOL("readable"),
    RES_BOOL("writable"),
    RES_BOOL("usable", .nullable = true,
             .help = "Machines really run under it; null: not known within a minute"),
    RES_STR("reason", .help = "Why it is not usable; empty when it is"),
    ROW_END,
};

static const struct row_spec capability_rows[] = {
    RES_BOOL("vm_boot", .nullable = true, .help = "Null: not known within a minute"),
    RES_BOOL("guest_exec", .nullable = true,
             .help = "Null: no environment to try it with, or not known"),
    RES_BOOL("guest_network", .nullable = true,
             .help = "A packet of a machine was answered from outside; null: not tried"),
    ROW_END,
};

static const struct row_spec problem_rows[] = {
    RES_STR("problem"),
    RES_STR("action", .help = "What to do"),
    ROW_END,
};

static const struct row_spec doctor_result[] = {
    RES_STR("platform"),
    RES_STR("runtime", .choices = verdicts),
    RES_OBJECT("kvm", kvm_rows),
    RES_STR("accelerator", .nullable = true, .choices = accelerators),
    RES_STR("qemu_version", .nullable = true),
    RES_STR("environment_cache", .nullable = true),
    RES_OBJECT("capabilities", capability_rows),
    RES_STR("networking", .help = "'unknown (still booting)' when a minute was not enough"),
    RES_STR("jail", .nullable = true, .help = "What QEMU is confined by on this host"),
    RES_OBJECTS("problems", problem_rows),
    RES_OBJECTS("spares", spare_list_rows),
    RES_INT("spares_allowed",
            .help = "In all; of a command that does not stay, PYRO_SPARES or the configuration's "
                    "spares must say so"),
    ROW_END,
};

static json_t *doctor_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct doctor_args *a = args;
    json_t *report = doctor_examine(a->environment, &io->progress, err);
    json_t *spares = report ? spares_list(NULL) : NULL;

    if (!report)
        return NULL;
    json_object_set_new(report, "spares", spares ? spares : json_array());
    json_object_set_new(report, "spares_allowed", json_integer(spares_allowed(true)));
    io->exit_status = strcmp(json_string_or(report, "runtime", ""), "PASS") != 0;
    return report;
}

/* Null: not tried, or not in the time there is. */
static void show_flags(FILE *out, const char *title, const json_t *object, const char *const *names,
                       bool is_late)
{
    fprintf(out, "%s:", title);
    for (; *names; names++) {
        const json_t *v = json_object_get(object, *names);

        fprintf(out, " %s=%s", *names,
                json_is_true(v)    ? "yes"
                : !json_is_null(v) ? "no"
                : is_late          ? DOCTOR_UNKNOWN
                                   : "untried");
    }
    fputc('\n', out);
}

static void show_or_unknown(FILE *out, const char *title, const json_t *result, const char *key,
                            bool is_late)
{
    show_line(out, title, json_string_or(result, key, is_late ? DOCTOR_UNKNOWN : NULL));
}

/* Ends it with one full stop, whether the text has one or not. */
static void print_sentence(FILE *out, const char *text, bool capital)
{
    scoped_free char *copy = str_printf("%s", text);
    size_t n = strlen(copy);

    while (n && (copy[n - 1] == '.' || copy[n - 1] == ' '))
        copy[--n] = '\0';
    if (capital)
        copy[0] = (char)toupper((unsigned char)copy[0]);
    text_print(out, copy);
    fputc('.', out);
}

static void doctor_print(const json_t *result, FILE *out)
{
    static const char *const kvm[] = { "exists", "readable", "writable", "usable", NULL };
    static const char *const capabilities[] = { "vm_boot", "guest_exec", "guest_network", NULL };
    const json_t *problems = json_object_get(result, "problems");
    bool is_late = strcmp(json_string_or(result, "networking", ""), DOCTOR_UNKNOWN) == 0;

    show_line(out, "Platform", json_string_or(result, "platform", NULL));
    show_line(out, "Runtime", json_string_or(result, "runtime", NULL));
    show_flags(out, "KVM", json_object_get(result, "kvm"), kvm, is_late);
    show_or_unknown(out, "Accelerator", result, "accelerator", is_late);
    show_or_unknown(out, "QEMU", result, "qemu_version", is_late);
    show_or_unknown(out, "Environment cache", result, "environment_cache", is_late);
    show_flags(out, "Capabilities", json_object_get(result, "capabilities"), capabilities, is_late);
    show_line(out, "Networking", json_string_or(result, "networking", NULL));
    show_or_unknown(out, "Jail", result, "jail", is_late);
    fprintf(out,
            "Spares: %zu of %d allowed while mcp serve, api or tui run; 'spares = N' in the "
            "configuration keeps N always\n",
            json_array_size(json_object_get(result, "spares")),
            (int)json_int_or(result, "spares_allowed", 0));
    show_spares(json_object_get(result, "spares"), out);
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *p = json_array_get(problems, i);

        fputs("- ", out);
        print_sentence(out, json_string_or(p, "problem", ""), false);
        fputc(' ', out);
        print_sentence(out, json_string_or(p, "action", ""), true);
        fputc('\n', out);
    }
}

const struct cmd_spec cmd_doctor = {
    .path = "doctor",
    .summary = "Find out what this machine can do, by trying it",
    .details =
        "A machine is started and a command run in it. Exit status 1 when that fails, or takes "
        "more than a minute.",
    .example = "pyro doctor",
    .traits = CMD_READ_ONLY,
    .args = doctor_rows,
    .args_size = sizeof(struct doctor_args),
    .result = doctor_result,
    .run = doctor_run,
    .print = doctor_print,
};
