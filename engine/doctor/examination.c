/* engine/doctor/examination.c: examines the host by doing what pyro does: a machine is started, a
 * command run. A finding never ends the examination; it becomes a problem with what to do about it.
 */
#include "engine/doctor/examination.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine/environment/boot.h"
#include "engine/environment/environment.h"
#include "engine/helper/helper.h"
#include "engine/network/host.h"
#include "engine/registry/settings.h"
#include "engine/state/paths.h"
#include "engine/state/spare_wish.h"
#include "engine/workspace/workspace.h"
#include "vmm/accel.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/holes.h"
#include "vmm/jail.h"
#include "vmm/qemu.h"
#include "vmm/template.h"

#define TRY_MEM_MIB 1024 /* as `run` and `workspace create` have it: the same template serves */
#define TRY_SECONDS 60
#define IMAGE_JAIL_MS 10000

struct examination {
    examination_tell_fn *tell;
    void *arg;
    struct progress progress;
    char *cache_dir;  /* NULL when there is none that can be used */
    struct qemu qemu; /* path "" when there is none that can be used */
    bool ran;         /* a machine did, … */
    enum accel_kind ran_under;
};

static void tell(struct examination *x, json_t *finding)
{
    scoped_json json_t *f = finding;

    BUG_ON(!f);
    x->tell(x->arg, f);
}

static void problem(struct examination *x, const char *what, const char *action)
{
    tell(x, json_pack("{s:o, s:o}", "problem", json_string_lossy(what, strlen(what)), "action",
                      json_string_lossy(action, strlen(action))));
}

static void problem_of(struct examination *x, const char *context, struct pyro_error *why)
{
    const char *hint;

    pyro_wrap(why, "%s", context);
    hint = pyro_error_hint(why);
    problem(x, why->message, *hint ? hint : "see docs/troubleshooting.md");
}

/* Makes the whole examination fail. */
static void fail(struct examination *x)
{
    tell(x, json_pack("{s:b}", "fails", true));
}

static void set(struct examination *x, const char *key, json_t *value)
{
    tell(x, json_pack("{s:{s:o}}", "set", key, value));
}

static void set_capability(struct examination *x, const char *name, json_t *value)
{
    tell(x, json_pack("{s:{s:o}}", "capabilities", name, value));
}

static void examine_host(struct examination *x)
{
    scoped_free char *environments = NULL, *platform = NULL;
    struct utsname host;
    struct pyro_error why;

    if (uname(&host) != 0)
        return;
    platform = str_printf("linux-%s", host.machine);
    set(x, "platform", json_string(platform));
    environments = paths_environments(&why);
    set(x, "environment_cache",
        environments ? json_string_lossy(environments, strlen(environments)) : json_null());
    x->cache_dir = environments ? paths_cache(&why) : NULL;
    if (!x->cache_dir) {
        fail(x);
        problem_of(x, "the cache cannot be used", &why);
    }
}

/* Settings that are not understood. A command that needs one of a registry fails; a wrong `spares` is
 * ignored, and only this says so. */
static void examine_configuration(struct examination *x)
{
    scoped_registry_settings settings = { 0 };
    struct pyro_error why = { 0 };

    if (!spares_check(&why))
        problem_of(x, "the configuration", &why);
    if (!registry_settings_load("", &settings, &why))
        problem_of(x, "the configuration", &why);
}

/* The programs that `env pull` needs; machines start without them. */
static void examine_programs(struct examination *x)
{
    static const struct {
        const char *program, *package;
        bool rootless_only;
    } programs[] = {
        { "mmdebstrap", "mmdebstrap", false },
        { "apt-get", "apt", false },
        { "qemu-img", "qemu-utils", false },
        { "newuidmap", "uidmap", true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        scoped_free char *what = NULL, *action = NULL;

        if (proc_in_path(programs[i].program, PROC_SYSTEM_PATH) ||
            (programs[i].rootless_only && geteuid() == 0))
            continue;
        what =
            str_printf("%s is not installed; pulling environments needs it", programs[i].program);
        action = str_printf("install the package %s ('make setup' does)", programs[i].package);
        problem(x, what, action);
    }
}

/* Boots a machine without a disk, for when there is no environment to start one from. */
static bool boot_bare(struct examination *x, struct pyro_error *err)
{
    scoped_free char *templates_dir = paths_templates(err);
    struct boot_files boot = { 0 };
    struct template template = TEMPLATE_INIT;
    bool ok = templates_dir && boot_files_ensure(&x->progress, &boot, err);

    if (ok) {
        struct template_spec spec = { .templates_dir = templates_dir,
                                      .cache_dir = x->cache_dir,
                                      .kind = TEMPLATE_RESTART,
                                      .kernel_path = boot.kernel,
                                      .kernel_digest = boot.kernel_digest,
                                      .initramfs_path = boot.initramfs,
                                      .initramfs_digest = boot.initramfs_digest,
                                      .vcpu_count = 1,
                                      .mem_mib = TRY_MEM_MIB,
                                      .progress = progress_tell,
                                      .arg = &x->progress };

        ok = template_open(&spec, &template, err);
        x->ran = ok;
        x->ran_under = template.accel;
    }
    template_release(&template);
    boot_files_release(&boot);
    return ok;
}

/* The name of an installed environment, the caller's; NULL when there is none. */
static char *any_installed(void)
{
    scoped_json json_t *list = environment_list(NULL);
    const json_t *environments = json_object_get(list, "environments");

    for (size_t i = 0; i < json_array_size(environments); i++) {
        const json_t *e = json_array_get(environments, i);

        if (json_bool_or(e, "installed", false))
            return str_printf("%s", json_string_or(e, "name", ""));
    }
    return NULL;
}

static void examination_no_phase(void *arg UNUSED, const char *phase UNUSED,
                                 const char *vm_id UNUSED)
{
}

/* One command in a machine: `run`'s object, or NULL. */
static json_t *run_in_machine(struct examination *x, const char *environment,
                              enum network_policy policy, json_t *command, struct pyro_error *err)
{
    struct workspace_spec spec = { .environment = environment,
                                   .vcpu_count = 1,
                                   .mem_mib = TRY_MEM_MIB,
                                   .ttl_seconds = TRY_SECONDS,
                                   .network_policy = policy,
                                   .without_spares = true }; /* it is the start that is tried */
    struct workspace_exec_spec exec = { .request = { .command = command,
                                                     .timeout_ms = TRY_SECONDS * 1000 },
                                        .stdin_fd = -1,
                                        .stdout_fd = -1,
                                        .stderr_fd = -1 };
    struct environment installed = { 0 };

    /* A run would pull what is missing: that is up to the user. */
    if (!environment_open(environment, &installed, err))
        return NULL;
    environment_release(&installed);
    return workspace_run(&spec, &exec, &x->progress, examination_no_phase, NULL, err);
}

static bool run_true(struct examination *x, const char *environment, struct pyro_error *err)
{
    scoped_json json_t *command = json_pack("[s]", "true");
    scoped_json json_t *result = run_in_machine(x, environment, NETWORK_OFF, command, err);

    if (!result)
        return false;
    x->ran = true;
    x->ran_under = strcmp(json_string_or(result, "accelerator", ""), accel_name(ACCEL_KVM)) == 0
                       ? ACCEL_KVM
                       : ACCEL_TCG;
    return json_int_or(result, "exit_code", -1) == 0 ||
           pyro_fail(err, PYRO_GUEST_ERROR, "'true' ended with status %d",
                     (int)json_int_or(result, "exit_code", -1));
}

/* Those who should answer from outside: resolvers, and the gateway. The guest's program asks them
 * itself; the environment need not have one that could. */
static json_t *reach_command(void)
{
    json_t *command = json_pack("[s, s]", "/proc/1/exe", "--reach");
    struct host_resolver resolvers[HOST_RESOLVERS_MAX];
    unsigned count = host_resolvers(resolvers);
    char address[INET6_ADDRSTRLEN];
    struct in_addr gateway;

    for (unsigned i = 0; i < count; i++)
        if (getnameinfo((const void *)&resolvers[i].address, resolvers[i].size, address,
                        sizeof(address), NULL, 0, NI_NUMERICHOST) == 0)
            json_array_append_new(command, json_string(address));
    if (host_gateway(&gateway) && inet_ntop(AF_INET, &gateway, address, sizeof(address)))
        json_array_append_new(command, json_string(address));
    return command;
}

/* Sends packets out of a machine and waits for one to come back. */
static void try_network(struct examination *x, const char *environment)
{
    scoped_json json_t *command = reach_command(), *result = NULL;
    scoped_free char *how = NULL;
    struct pyro_error why = { 0 };
    bool reached;

    if (!proc_in_path("passt", "")) {
        set(x, "networking", json_string("none: passt is not installed"));
        problem(x, "passt is not installed; machines with a network need it",
                "install the package passt ('make setup' does)");
        return;
    }
    result = run_in_machine(x, environment, NETWORK_EGRESS, command, &why);
    reached = result && json_int_or(result, "exit_code", -1) == 0;
    set_capability(x, "guest_network", json_boolean(reached));
    if (reached) {
        const char *who = json_string_or(result, "stdout", "");
        how = str_printf("out through passt, for machines that ask; %.*s answered",
                         (int)strcspn(who, "\n"), who);
        set(x, "networking", json_string_lossy(how, strlen(how)));
        return;
    }
    set(x, "networking", json_string("passt is there, but nothing outside answered"));
    if (result)
        problem(x, "neither this host's resolvers nor its gateway answered a machine",
                "nothing needs to be done where this host has no network; else see "
                "docs/network.md");
    else
        problem_of(x, "a machine with a network failed", &why);
}

/* Whether a command runs, from an environment; without one, or where that fails, whether a machine
 * boots. */
static void try_machine(struct examination *x, const char *environment)
{
    struct pyro_error why = { 0 };
    bool can = x->cache_dir && x->qemu.path[0], boots = false;

    if (!environment)
        problem(x, "no environment is installed, so no command was tried in a machine",
                "pull one with 'pyro env pull debian:12'");
    if (can && environment) {
        boots = run_true(x, environment, &why);
        set_capability(x, "guest_exec", json_boolean(boots));
        if (!boots) {
            fail(x);
            problem_of(x, "running a command in a machine failed", &why);
        }
    }
    /* A machine that did not boot will not boot without a disk either. */
    if (can && !boots && why.code != PYRO_TIMEOUT && why.code != PYRO_VM_FAILED) {
        why = (struct pyro_error){ 0 };
        boots = boot_bare(x, &why);
        if (!boots)
            problem_of(x, "booting a machine failed", &why);
    }
    if (!boots)
        fail(x);
    set_capability(x, "vm_boot", json_boolean(boots));
}

/* Once more with a network, where machines run. Where one was emulated since KVM failed it, this
 * one need not find that out as well. */
static void try_machine_network(struct examination *x, const char *environment)
{
    if (x->ran && environment) {
        if (x->ran_under == ACCEL_TCG)
            setenv("PYRO_ACCEL", accel_name(ACCEL_TCG), 1);
        try_network(x, environment);
    } else {
        set(x, "networking", json_string("not tried"));
    }
}

/* A reason that is a whole sentence goes into another one without its full stop. */
static size_t length_without_stop(const char *text)
{
    size_t n = strlen(text);

    while (n && (text[n - 1] == '.' || text[n - 1] == ' '))
        n--;
    return n;
}

static void set_kvm(struct examination *x, const struct accel_verdict *v, bool is_known)
{
    set(x, "kvm",
        json_pack("{s:b, s:b, s:b, s:o, s:s}", "exists", v->exists, "readable", v->readable,
                  "writable", v->writable, "usable",
                  is_known ? json_boolean(v->usable) : json_null(), "reason", v->reason));
}

/* Finds QEMU, and the verdict on KVM from before it is tried again. */
static void examine_qemu(struct examination *x)
{
    struct accel_verdict v = { 0 };
    struct pyro_error why;

    if (!x->cache_dir)
        return;
    accel_look(&v);
    set_kvm(x, &v, false);
    if (qemu_find(x->cache_dir, &x->qemu, &why)) {
        set(x, "qemu_version", json_string(x->qemu.version));
        accel_try_again(x->cache_dir);
        return;
    }
    fail(x);
    problem_of(x, "QEMU", &why);
}

/* After the machine was tried: the trial may have found out whether KVM works. */
static void examine_accelerator(struct examination *x)
{
    struct accel_verdict v = { 0 };
    enum accel_kind kind = ACCEL_TCG;
    struct pyro_error why;
    scoped_free char *what = NULL;

    accel_look(&v);
    if (!x->qemu.path[0]) {
        set_kvm(x, &v, true);
        return;
    }
    if (!accel_choose(x->cache_dir, x->qemu.version, &kind, &v, &why)) {
        problem_of(x, "no accelerator", &why);
        set_kvm(x, &v, true);
        return;
    }
    if (kind == ACCEL_KVM && x->ran && x->ran_under == ACCEL_TCG) {
        kind = ACCEL_TCG;
        v.usable = false;
        snprintf(v.reason, sizeof(v.reason), "a machine did not boot with it just now");
    }
    set_kvm(x, &v, true);
    set(x, "accelerator", json_string(accel_name(kind)));
    if (kind != ACCEL_TCG)
        return;
    what = str_printf("KVM is not used%s%.*s. Machines are emulated, which is slower and, by "
                      "QEMU's own policy, not a security boundary",
                      v.reason[0] ? ": " : "", (int)length_without_stop(v.reason), v.reason);
    problem(x, what,
            v.exists && !v.writable ? "add this user to the group kvm"
                                    : "nothing needs to be done where that is acceptable");
}

static void examine_jail(struct examination *x)
{
    struct pyro_error why;
    unsigned steps = 0;

    if (jail_probe(&steps, &why)) {
        set(x, "jail", json_string(jail_describe(steps)));
        if (!(steps & JAIL_READ_ONLY_MOUNTS))
            problem(x, "QEMU's jail has no read-only mounts for the images that workspaces share",
                    "allow unprivileged user namespaces; until then the call filter keeps them");
        if (!(steps & JAIL_CALL_FILTER))
            problem(x, "QEMU's jail has no system call filter of pyro's own",
                    "use a kernel with seccomp filters");
        if (!holes_probe(&why))
            problem_of(x, "a machine takes up to twice the memory that its guest writes", &why);
        return;
    }
    set(x, "jail", json_null());
    problem_of(x, "the jail around QEMU", &why);
}

/* The program that parses archives and disks: it enters its jail, and reports the steps that
 * failed. */
static void examine_image_jail(struct examination *x)
{
    static const char *const argv[] = { "", "jail", NULL };
    const struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error why = { 0 };
    scoped_json json_t *result = helper_run(&spec, patience(IMAGE_JAIL_MS), &why);

    if (!result) {
        problem_of(x, "the jail around pyro-image", &why);
        return;
    }
    if (!json_bool_or(result, "nobody", true))
        problem(x, "pyro-image stays root: this host lets not even root change its user",
                "run pyro as an ordinary user; until then the call filter holds it");
    if (!json_bool_or(result, "landlock", true))
        problem(x, "pyro-image has no Landlock, its second barrier",
                "use a kernel with Landlock (\"lsm=landlock,...\"); until then the call filter "
                "holds it");
}

static void examination_forward_progress(void *arg, const char *what,
                                         const struct progress_count *count UNUSED)
{
    struct examination *x = arg;

    tell(x, json_pack("{s:o}", "progress", json_string_lossy(what, strlen(what))));
}

void examine(const char *environment, examination_tell_fn *tell_fn, void *arg)
{
    struct examination x = { .tell = tell_fn, .arg = arg };
    scoped_free char *installed = environment ? NULL : any_installed();
    const char *chosen = environment ? environment : installed;

    x.progress = (struct progress){ .update = examination_forward_progress, .arg = &x };
    examine_host(&x);
    examine_configuration(&x);
    examine_programs(&x);
    examine_qemu(&x);
    examine_jail(&x);
    examine_image_jail(&x);
    try_machine(&x, chosen);
    examine_accelerator(&x);
    try_machine_network(&x, chosen);
    free(x.cache_dir);
}
