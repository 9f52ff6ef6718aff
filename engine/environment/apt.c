/* engine/environment/apt.c: running the host's apt on pyro's own lists. */
#include "engine/environment/apt.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define APT_TIMEOUT_MS (15 * 60 * 1000)
#define OUTPUT_MAX (1024 * 1024)
#define NO_FILE "pyro-none" /* a file that no archive has */
#define RELEASE_HEAD_BYTES 4096

void apt_release(struct apt *a)
{
    free(a->state_dir);
    free(a->config_path);
    memset(a, 0, sizeof(*a));
}

/* Quoted for apt.conf(5), which has no escape: such a directory cannot be used. */
static bool is_quotable(const char *path)
{
    return !strpbrk(path, "\"\n\\");
}

/* The sources below the state instead of the host's, and only the Release file of each; no package
 * cache is made. A target is named anyway, or `indextargets` would list nothing. */
static bool put_releases_only(struct buf *config, const char *state_dir)
{
    return buf_printf(config,
                      "Dir::Etc::sourcelist \"/dev/null\";\n"
                      "Dir::Etc::sourceparts \"%s/" APT_SOURCES_DIR "\";\n"
                      "Dir::Etc::netrc \"%s/" APT_AUTH_FILE "\";\n"
                      "Dir::State::status \"/dev/null\";\n"
                      "Dir::Cache::pkgcache \"\";\n"
                      "Dir::Cache::srcpkgcache \"\";\n"
                      "#clear Acquire::IndexTargets;\n"
                      "Acquire::IndexTargets::deb::pyro {\n"
                      "MetaKey \"" NO_FILE "\"; ShortDescription \"" NO_FILE "\";\n"
                      "Description \"$(RELEASE)\"; Optional \"true\"; };\n",
                      state_dir, state_dir);
}

static bool write_config(const struct apt *a, bool releases_only, struct pyro_error *err)
{
    scoped_buf config = BUF_INIT(16384);

    if (!is_quotable(a->state_dir))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "apt cannot use '%s': its name has quotes",
                         a->state_dir);
    /* The host's hooks are for its own lists. A child of root would otherwise read as _apt, which
     * may not enter a private cache. */
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
                    a->state_dir, a->state_dir, a->state_dir, a->state_dir, a->state_dir) ||
        (releases_only && !put_releases_only(&config, a->state_dir)))
        return pyro_no_memory(err, NULL);
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

/* Takes over the directory's name, which may be NULL: then err is set. */
static bool open_state(char *state_dir, bool releases_only, struct apt *ret, struct pyro_error *err)
{
    struct apt a = { .state_dir = state_dir };

    if (!a.state_dir)
        return false;
    a.config_path = str_printf("%s/apt.conf", a.state_dir);
    if (!make_dirs(&a, err) || !write_config(&a, releases_only, err)) {
        apt_release(&a);
        return false;
    }
    *ret = a;
    return true;
}

bool apt_open(struct apt *ret, struct pyro_error *err)
{
    return open_state(paths_apt(err), false, ret, err);
}

bool apt_open_releases(struct apt *ret, const char *directory, struct pyro_error *err)
{
    return open_state(str_printf("%s", directory), true, ret, err);
}

static bool apt_enter_directory(void *directory, struct pyro_error *err)
{
    return !directory || chdir(directory) == 0 ||
           pyro_fail_errno(err, "enter '%s'", (const char *)directory);
}

static bool run_apt(const char *const *argv, const char *directory, struct buf *out,
                    struct pyro_error *err)
{
    /* apt's messages are parsed here. */
    static const char *const set[] = { "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", NULL };
    struct proc_spec spec = proc_spec_of(argv);

    spec.inherit = INHERIT_PACKAGES;
    spec.set = set;
    spec.before_exec = apt_enter_directory;
    spec.arg = (void *)(uintptr_t)directory;
    spec.die_with_parent = true;
    if (proc_run(&spec, APT_TIMEOUT_MS, out, err))
        return true;
    if (pyro_is(err, PYRO_IO))
        pyro_recode(err, PYRO_PULL_FAILED);
    if (pyro_is(err, PYRO_DEPENDENCY_MISSING))
        return pyro_hint(err, "pyro takes its kernel from Debian's packages: it needs apt");
    return pyro_hint(err, "check the network and the host's apt sources ('apt-get update')");
}

bool apt_update(const struct apt *a, struct pyro_error *err)
{
    const char *argv[] = { "apt-get", "-c", a->config_path, "-q", "update", NULL };
    scoped_buf out = BUF_INIT(OUTPUT_MAX);

    return run_apt(argv, NULL, &out, err) || pyro_wrap(err, "fetching package lists");
}

/* The value of a field at the head of a Release file, without surrounding blanks; the caller
 * frees. */
static char *release_field(const char *text, const char *name)
{
    size_t n = strlen(name);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, n) != 0 || line[n] != ':')
            continue;
        line += n + 1;
        line += strspn(line, " \t");
        return str_printf("%.*s", (int)strcspn(line, "\r\n"), line);
    }
    return str_printf("-");
}

/* The verified Release file's own fields, beside the place where another file of that suite would
 * be: apt alone knows how it names them. */
static bool put_release(const char *address_suite, const char *beside, struct buf *ret)
{
    static const char *const names[] = { "InRelease", "Release" };
    size_t n = strlen(beside) - strlen(NO_FILE);

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        scoped_free char *path = str_printf("%.*s%s", (int)n, beside, names[i]);
        scoped_close int fd = open(path, O_RDONLY | O_CLOEXEC);
        char head[RELEASE_HEAD_BYTES + 1];
        scoped_free char *codename = NULL, *origin = NULL;
        ssize_t bytes = fd < 0 ? -1 : fs_read_full(fd, head, RELEASE_HEAD_BYTES);
        if (bytes < 0)
            continue;
        head[bytes] = '\0';
        codename = release_field(head, "Codename");
        origin = release_field(head, "Origin");
        return buf_printf(ret, "%s %s %s\n", address_suite, codename, origin);
    }
    return true;
}

bool apt_try_update(const struct apt *a, struct buf *said, struct pyro_error *err)
{
    static const char script[] = "apt-get -c \"$0\" -q update 2>&1; exit 0";
    const char *argv[] = { "sh", "-c", script, a->config_path, NULL };

    return run_apt(argv, NULL, said, err) || pyro_wrap(err, "asking the host's apt sources");
}

bool apt_releases(const struct apt *a, struct buf *ret, struct pyro_error *err)
{
    const char *argv[] = { "apt-get",
                           "-c",
                           a->config_path,
                           "indextargets",
                           "--no-release-info",
                           "--format",
                           "$(REPO_URI) $(RELEASE) $(FILENAME)",
                           NULL };
    scoped_buf out = BUF_INIT(OUTPUT_MAX);
    char *rest, *line;

    if (!run_apt(argv, NULL, &out, err))
        return pyro_wrap(err, "looking at the host's apt sources");
    rest = out.len ? out.data : NULL;
    while ((line = strsep(&rest, "\n"))) {
        char *suite = strchr(line, ' '), *file = suite ? strchr(suite + 1, ' ') : NULL;
        if (!file || !str_ends_with(file, NO_FILE))
            continue;
        *file = '\0';
        if (!put_release(line, file + 1, ret))
            return pyro_no_memory(err, NULL);
    }
    return true;
}

char *apt_resolve(const struct apt *a, const char *meta, const char *prefix, struct pyro_error *err)
{
    const char *argv[] = { "apt-cache", "-c", a->config_path, "depends", meta, NULL };
    scoped_buf out = BUF_INIT(OUTPUT_MAX);
    char *rest, *line;

    if (!run_apt(argv, NULL, &out, err))
        return pyro_wrap(err, "looking for package %s", meta);
    rest = out.len ? out.data : NULL;
    while ((line = strsep(&rest, "\n"))) {
        static const char mark[] = "Depends: ";
        char *at = strstr(line, mark);
        if (at && !strncmp(at + sizeof(mark) - 1, prefix, strlen(prefix)))
            return strdup(at + sizeof(mark) - 1);
    }
    pyro_fail(err, PYRO_PULL_FAILED, "the host's apt sources have no package %s", meta);
    return pyro_hint(
        err, "pyro takes its kernel from Debian's packages: add a source of the host's release "
             "of Debian, component main, to /etc/apt/sources.list.d");
}

bool apt_download(const struct apt *a, const char *package, const char *directory,
                  struct pyro_error *err)
{
    const char *argv[] = { "apt-get", "-c", a->config_path, "-q", "download", package, NULL };
    scoped_buf out = BUF_INIT(OUTPUT_MAX);

    return run_apt(argv, directory, &out, err) || pyro_wrap(err, "downloading %s", package);
}
