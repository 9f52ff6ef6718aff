/* engine/environment/apt.c: running the host's apt on lists of pyro's own. */
#include "engine/environment/apt.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define APT_TIMEOUT_MS (15 * 60 * 1000)
#define OUTPUT_MAX (1024 * 1024)

void apt_release(struct apt *a)
{
    free(a->state_dir);
    free(a->config_path);
    memset(a, 0, sizeof(*a));
}

/* Quoted for apt.conf(5), which knows no escape: such a directory cannot be used. */
static bool is_quotable(const char *path)
{
    return !strpbrk(path, "\"\n\\");
}

static bool write_config(const struct apt *a, struct pyro_error *err)
{
    scoped_buf config = BUF_INIT(16384);

    if (!is_quotable(a->state_dir))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "apt cannot use '%s': its name has quotes",
                         a->state_dir);
    /* Hooks of the host's are for its own lists. A child of root would else read as _apt, which may
       not enter a private cache. */
    if (!buf_printf(&config,
                    "#clear APT::Update::Post-Invoke;\n"
                    "#clear APT::Update::Post-Invoke-Success;\n"
                    "#clear APT::Update::Pre-Invoke;\n"
                    "#clear DPkg::Post-Invoke;\n"
                    "Dir::State \"%s/state\";\n"
                    "Dir::State::Lists \"%s/state/lists\";\n"
                    "Dir::Cache \"%s/cache\";\n"
                    "Dir::Cache::Archives \"%s/cache/archives\";\n"
                    "Dir::Log \"%s/log\";\n"
                    "APT::Sandbox::User \"\";\n"
                    "APT::Get::Show-User-Simulation-Note \"false\";\n"
                    "Acquire::Languages \"none\";\n"
                    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled \"false\";\n"
                    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
                    "Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled \"false\";\n"
                    "Acquire::IndexTargets::deb::DEP-11-icons-hidpi::DefaultEnabled \"false\";\n"
                    "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled \"false\";\n"
                    "Acquire::Retries \"3\";\n",
                    a->state_dir, a->state_dir, a->state_dir, a->state_dir, a->state_dir))
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    return fs_replace(AT_FDCWD, a->config_path, config.data, config.len, 0644, err);
}

static bool make_dirs(const struct apt *a, struct pyro_error *err)
{
    static const char *const names[] = { "state/lists/partial", "cache/archives/partial", "log" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        scoped_free char *path = str_printf("%s/%s", a->state_dir, names[i]);
        if (!fs_mkdir_p(path, 0755, err))
            return false;
    }
    return true;
}

bool apt_open(struct apt *ret, struct pyro_error *err)
{
    struct apt a = { .state_dir = paths_apt(err) };

    if (!a.state_dir)
        return false;
    a.config_path = str_printf("%s/apt.conf", a.state_dir);
    if (!make_dirs(&a, err) || !write_config(&a, err)) {
        apt_release(&a);
        return false;
    }
    *ret = a;
    return true;
}

static bool enter_directory(void *directory, struct pyro_error *err)
{
    return !directory || chdir(directory) == 0 ||
           pyro_fail_errno(err, "enter '%s'", (const char *)directory);
}

static bool run_apt(const char *const *argv, const char *directory, struct buf *out,
                    struct pyro_error *err)
{
    /* apt's messages are read by us. */
    static const char *const set[] = { "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", NULL };
    struct proc_spec spec = proc_spec_of(argv);

    spec.inherit = INHERIT_PACKAGES;
    spec.set = set;
    spec.before_exec = enter_directory;
    spec.arg = (void *)(uintptr_t)directory;
    spec.die_with_parent = true;
    if (proc_run(&spec, APT_TIMEOUT_MS, out, err))
        return true;
    if (err && err->code == PYRO_IO)
        err->code = PYRO_PULL_FAILED;
    if (err && err->code == PYRO_DEPENDENCY_MISSING)
        return pyro_hint(err, "pyro takes its kernel from Debian's packages: it needs apt");
    return pyro_hint(err, "check the network and the host's apt sources ('apt-get update')");
}

bool apt_update(const struct apt *a, struct pyro_error *err)
{
    const char *argv[] = { "apt-get", "-c", a->config_path, "-q", "update", NULL };
    scoped_buf out = BUF_INIT(OUTPUT_MAX);

    return run_apt(argv, NULL, &out, err) || pyro_wrap(err, "fetching package lists");
}

char *apt_resolve(const struct apt *a, const char *meta, const char *prefix, struct pyro_error *err)
{
    const char *argv[] = { "apt-cache", "-c", a->config_path, "depends", meta, NULL };
    scoped_buf out = BUF_INIT(OUTPUT_MAX);
    char *rest, *line;

    if (!run_apt(argv, NULL, &out, err)) {
        pyro_wrap(err, "looking for package %s", meta);
        return NULL;
    }
    rest = out.len ? out.data : NULL;
    while ((line = strsep(&rest, "\n"))) {
        static const char mark[] = "Depends: ";
        char *at = strstr(line, mark);
        if (at && !strncmp(at + sizeof(mark) - 1, prefix, strlen(prefix)))
            return strdup(at + sizeof(mark) - 1);
    }
    pyro_fail(err, PYRO_PULL_FAILED, "the host's apt sources have no package %s", meta);
    pyro_hint(err, "pyro needs the sources of Debian 12 (bookworm)");
    return NULL;
}

bool apt_download(const struct apt *a, const char *package, const char *directory,
                  struct pyro_error *err)
{
    const char *argv[] = { "apt-get", "-c", a->config_path, "-q", "download", package, NULL };
    scoped_buf out = BUF_INIT(OUTPUT_MAX);

    return run_apt(argv, directory, &out, err) || pyro_wrap(err, "downloading %s", package);
}
