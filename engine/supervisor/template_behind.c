/* engine/supervisor/template_behind.c: `pyro __template`, and starting it. */
#include "engine/supervisor/template_behind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "engine/state/layers.h"
#include "engine/supervisor/template_want.h"
#include "vmm/base/idle.h"
#include "vmm/base/proc.h"
#include "vmm/base/shortage.h"

#define CHECK_TEMPLATES "PYRO_CHECK_TEMPLATES"
#define ARGS_BEFORE_LAYERS 6

static bool check_says(const char *word)
{
    const char *check = getenv(CHECK_TEMPLATES);

    return check && !strcmp(check, word);
}

bool template_is_waited_for(bool wished)
{
    return check_says("now") || (wished && !check_says("never"));
}

/* ---- in the supervisor ---- */

void template_behind_start(const struct supervisor *s)
{
    const struct workspace_record *r = &s->record;
    scoped_layer_chain struct disk_layer_chain disk = { 0 };
    const char *argv[2 + ARGS_BEFORE_LAYERS + DISK_LAYERS_MAX] = { NULL };
    struct proc_spec spec = proc_spec_of(argv);
    const char *entrypoint = template_entrypoint(r->image);
    char vcpus[24], mib[24];
    size_t n = 0;
    pid_t unheeded;

    if (check_says("never") || !r->environment_digest ||
        !disk_layers_chain(&r->disk, r->disk.active, r->base_path, s->dir_path, &disk, NULL))
        return;
    snprintf(vcpus, sizeof(vcpus), "%" PRId64, r->vcpu_count);
    snprintf(mib, sizeof(mib), "%" PRId64, r->mem_mib);
    argv[n++] = "/proc/self/exe";
    argv[n++] = "__template";
    argv[n++] = r->environment_digest;
    argv[n++] = vcpus;
    argv[n++] = mib;
    argv[n++] = r->network_policy != NETWORK_OFF ? "on" : "off";
    argv[n++] = entrypoint ? entrypoint : "";
    for (unsigned i = 0; i + 1 < disk.chain.count; i++) /* without the machine's own on top */
        argv[n++] = disk.chain.layers[i].path;
    spec.inherit = INHERIT_PYRO | INHERIT_FILE_LIMIT;
    spec.new_session = true;
    (void)!proc_start(&spec, &unheeded, NULL);
}

/* ---- the builder ---- */

static bool build(const struct template_wish *wish, struct pyro_error *err)
{
    scoped_template_want struct template_want w = { 0 };

    return template_want(wish, &w, err) && template_build_behind(&w.spec, err);
}

int template_behind_main(int argc, char **argv)
{
    struct disk_chain environment = { 0 };
    struct template_wish wish = { .kind = TEMPLATE_FRESH, .environment = &environment };
    struct pyro_error err = { 0 };

    if (argc <= ARGS_BEFORE_LAYERS || argc - ARGS_BEFORE_LAYERS >= DISK_LAYERS_MAX)
        return 2;
    prctl(PR_SET_NAME, "pyro-template");
    wish.environment_digest = argv[1];
    wish.vcpu_count = (unsigned)strtoul(argv[2], NULL, 10);
    wish.mem_mib = (unsigned)strtoul(argv[3], NULL, 10);
    wish.network = !strcmp(argv[4], "on");
    wish.entrypoint = argv[5];
    for (int i = ARGS_BEFORE_LAYERS; i < argc; i++) {
        unsigned id = environment.count++;
        environment.layers[id] =
            (struct disk_layer){ .path = argv[i], .format = id ? DISK_QCOW2 : DISK_RAW, .id = id };
    }
    if (!getenv(CHECK_TEMPLATES) && !idle_enter_for_good())
        return 1;
    if (memory_is_short() || !build(&wish, &err)) {
        fprintf(stderr, "pyro: %s\n", err.message);
        return 1;
    }
    return 0;
}
