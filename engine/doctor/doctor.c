/* engine/doctor/doctor.c: examines the host by doing what pyro does: a machine is started, a
 * command run. A finding never ends the examination; it becomes a problem with what to do about it.
 */
#include "engine/doctor/doctor.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine/environment/boot.h"
#include "engine/environment/environment.h"
#include "engine/helper/helper.h"
#include "engine/network/host.h"
#include "engine/state/paths.h"
#include "engine/workspace/workspace.h"
#include "vmm/accel.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/jail.h"
#include "vmm/qemu.h"
#include "vmm/template.h"

#define TRY_MEM_MIB 1024 /* as `run` and `workspace create` have it: the same template serves */
#define TRY_SECONDS 60
#define IMAGE_JAIL_MS 60000

struct examination {
    json_t *report, *problems;
    const struct progress *progress;
    char *cache_dir; /* NULL when there is none that can be used */
    bool fail;
};

static void problem(struct examination *x, const char *what, const char *action)
{
    scoped_json json_t *p = json_object();

    json_object_set_new(p, "problem", json_string_lossy(what, strlen(what)));
    json_object_set_new(p, "action", json_string_lossy(action, strlen(action)));
    json_array_append(x->problems, p);
}

static void problem_of(struct examination *x, const char *context, struct pyro_error *why)
{
    const char *hint;

    pyro_wrap(why, "%s", context);
    hint = pyro_error_hint(why);
    problem(x, why->message, *hint ? hint : "see docs/troubleshooting.md");
}

static void set(struct examination *x, const char *key, json_t *value)
{
    json_object_set_new(x->report, key, value);
}

static void examine_host(struct examination *x)
{
    scoped_free char *environments = NULL, *platform = NULL;
    struct utsname host;
    struct pyro_error why;

    uname(&host);
    platform = str_printf("linux-%s", host.machine);
    set(x, "platform", json_string(platform));
    environments = paths_environments(&why);
    set(x, "environment_cache",
        environments ? json_string_lossy(environments, strlen(environments)) : json_null());
    x->cache_dir = environments ? paths_cache(&why) : NULL;
    if (!x->cache_dir) {
        x->fail = true;
        problem_of(x, "the cache cannot be used", &why);
    }
}

/* What `env pull` needs; machines start without it. */
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
            str_printf("%s is not installed, pulling environments needs it", programs[i].program);
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
    bool ok = templates_dir && boot_files_ensure(x->progress, &boot, err);

    if (ok) {
        struct template_spec spec = { .templates_dir = templates_dir,
                                      .cache_dir = x->cache_dir,
                                      .kind = TEMPLATE_RESTART,
                                      .kernel_path = boot.kernel,
                                      .kernel_digest = boot.kernel_digest,
                                      .initramfs_path = boot.initramfs,
                                      .initramfs_digest = boot.initramfs_digest,
                                      .vcpu_count = 1,
                                      .mem_mib = TRY_MEM_MIB };

        ok = template_open(&spec, &template, err);
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

static void no_phase(void *arg UNUSED, const char *phase UNUSED, const char *vm_id UNUSED)
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
                                   .network_policy = policy };
    struct workspace_exec_spec exec = { .request = { .command = command,
                                                     .timeout_ms = TRY_SECONDS * 1000 },
                                        .stdin_fd = -1,
                                        .stdout_fd = -1,
                                        .stderr_fd = -1 };
    struct environment installed = { 0 };

    /* A run would pull what is missing: that is for the user to want. */
    if (!environment_open(environment, &installed, err))
        return NULL;
    environment_release(&installed);
    return workspace_run(&spec, &exec, x->progress, no_phase, NULL, err);
}

static bool run_true(struct examination *x, const char *environment, struct pyro_error *err)
{
    scoped_json json_t *command = json_pack("[s]", "true");
    scoped_json json_t *result = run_in_machine(x, environment, NETWORK_OFF, command, err);

    if (!result)
        return false;
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
        problem(x, "passt is not installed, machines with a network need it",
                "install the package passt ('make setup' does)");
        return;
    }
    result = run_in_machine(x, environment, NETWORK_EGRESS, command, &why);
    reached = result && json_int_or(result, "exit_code", -1) == 0;
    json_object_set_new(json_object_get(x->report, "capabilities"), "guest_network",
                        json_boolean(reached));
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

static void try_machine(struct examination *x, const char *wanted)
{
    scoped_free char *installed = wanted ? NULL : any_installed();
    const char *environment = wanted ? wanted : installed;
    json_t *exec_works = json_null();
    struct pyro_error why = { 0 };
    bool boots = false;

    if (x->cache_dir && environment) {
        boots = run_true(x, environment, &why);
        exec_works = json_boolean(boots);
        if (!boots) {
            x->fail = true;
            problem_of(x, "running a command in a machine failed", &why);
        }
    } else if (!environment) {
        problem(x, "no environment is installed, so no command was tried in a machine",
                "pull one with 'pyro env pull debian:12'");
    }
    if (x->cache_dir && !boots) {
        boots = boot_bare(x, &why);
        if (!boots)
            problem_of(x, "booting a machine failed", &why);
    }
    x->fail |= !boots;
    set(x, "capabilities",
        json_pack("{s:b, s:o, s:n}", "vm_boot", boots, "guest_exec", exec_works, "guest_network"));
    set(x, "networking", json_string("not tried"));
    if (json_is_true(exec_works))
        try_network(x, environment);
}

/* After the machine was tried: the trial may have found out what KVM is worth. */
static void examine_accelerator(struct examination *x)
{
    struct accel_verdict v = { 0 };
    enum accel_kind kind = ACCEL_TCG;
    struct qemu qemu = { 0 };
    struct pyro_error why;
    bool known = x->cache_dir && qemu_find(x->cache_dir, &qemu, &why);

    if (x->cache_dir && !known) {
        x->fail = true;
        problem_of(x, "QEMU", &why);
    }
    known = known && accel_choose(x->cache_dir, qemu.version, &kind, &v, &why);
    if (qemu.version[0] && !known)
        problem_of(x, "no accelerator", &why);
    set(x, "qemu_version", qemu.version[0] ? json_string(qemu.version) : json_null());
    set(x, "accelerator", known ? json_string(accel_name(kind)) : json_null());
    set(x, "kvm",
        json_pack("{s:b, s:b, s:b, s:b, s:s}", "exists", v.exists, "readable", v.readable,
                  "writable", v.writable, "usable", v.usable, "reason", v.reason));
    if (known && kind == ACCEL_TCG) {
        scoped_free char *what = str_printf("KVM is not used%s%s. Machines are emulated, which is "
                                            "slower and, by QEMU's own policy, not a security "
                                            "boundary",
                                            v.reason[0] ? ": " : "", v.reason);

        problem(x, what,
                v.exists && !v.writable ? "add this user to the group kvm"
                                        : "nothing needs to be done where that is acceptable");
    }
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
        return;
    }
    set(x, "jail", json_null());
    problem_of(x, "the jail around QEMU", &why);
}

/* What takes archives and disks apart: it enters its jail, and says what of that it could not. */
static void examine_image_jail(struct examination *x)
{
    static const char *const argv[] = { "", "jail", NULL };
    const struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error why = { 0 };
    scoped_json json_t *result = helper_run(&spec, IMAGE_JAIL_MS, &why);

    if (!result) {
        problem_of(x, "the jail around pyro-image", &why);
        return;
    }
    if (!json_bool_or(result, "nobody", true))
        problem(x, "pyro-image stays root: this host lets not even root change its user",
                "run pyro as an ordinary user; until then the call filter holds it");
    if (!json_bool_or(result, "landlock", true))
        problem(x, "pyro-image has no Landlock, which is its second belt",
                "use a kernel with Landlock (\"lsm=landlock,...\"); until then the call filter "
                "holds it");
}

json_t *doctor_examine(const char *environment, const struct progress *progress,
                       struct pyro_error *err)
{
    struct examination x = { .report = json_object(),
                             .problems = json_array(),
                             .progress = progress };

    if (!x.report || !x.problems) {
        json_decref(x.report);
        json_decref(x.problems);
        pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
        return NULL;
    }
    examine_host(&x);
    examine_programs(&x);
    try_machine(&x, environment);
    examine_accelerator(&x);
    examine_jail(&x);
    examine_image_jail(&x);
    set(&x, "problems", x.problems);
    set(&x, "runtime", json_string(x.fail ? "FAIL" : "PASS"));
    free(x.cache_dir);
    return x.report;
}
