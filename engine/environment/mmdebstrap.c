/* engine/environment/mmdebstrap.c: running mmdebstrap(1), contained, and reading its output. */
#include "engine/environment/mmdebstrap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/environment/archive.h"
#include "engine/environment/sources_image.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"

#define ARGS_MAX 48
#define TAIL_BYTES 8192
#define LINE_BYTES 4096
#define ERROR_LINES 4
#define SILENCE_MS (15 * 60 * 1000)         /* apt gives up a server that does not answer sooner */
#define END_MS 60000                        /* from the end of its output */
#define MEMORY_WANTED_KIB (4 * 1024 * 1024) /* with this much free memory the tree is a tmpfs */

/* In the namespaces: $0 is "tmpfs" or "disk". */
static const char inner_script[] =
    "if [ \"$0\" = tmpfs ]; then mount -t tmpfs -o mode=0755 pyro \"$TMPDIR\" || exit; fi; "
    "exec \"$@\"";

/* The image's own sources instead of those it was built with. $1 is its root. */
static const char image_sources_hook[] =
    "--customize-hook=set -e; from=${PYRO_SOURCES:?}; cd \"$1/etc/apt\"; "
    "rm -f sources.list sources.list.d/*; "
    "for f in list sources; do if [ -e \"$from/image.$f\" ]; then "
    "install -m 644 \"$from/image.$f\" \"sources.list.d/host.$f\"; fi; done";

/* Whether /etc/subuid or /etc/subgid gives this user a range (subuid(5)). */
static bool has_range(const char *file, const char *user, uid_t uid)
{
    scoped_file FILE *f = fopen(file, "re");
    char line[512], number[24];

    snprintf(number, sizeof(number), "%u", (unsigned)uid);
    while (f && fgets(line, sizeof(line), f)) {
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        *colon = '\0';
        if (!strcmp(line, user) || !strcmp(line, number))
            return true;
    }
    return false;
}

static bool check_user_namespace(struct pyro_error *err)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *user = pw ? pw->pw_name : "";

    if (!proc_in_path("newuidmap", PROC_SYSTEM_PATH)) {
        pyro_fail(err, PYRO_DEPENDENCY_MISSING, "newuidmap: program not found");
        return pyro_hint(err, "install it with 'apt-get install uidmap', or run pyro as root");
    }
    if (!has_range("/etc/subuid", user, getuid()) || !has_range("/etc/subgid", user, getuid())) {
        pyro_fail(err, PYRO_DEPENDENCY_MISSING, "user '%s' has no subordinate ids", user);
        return pyro_hint(
            err, "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
            user);
    }
    return true;
}

bool mmdebstrap_check_host(struct pyro_error *err)
{
    static const char *const programs[] = { "mmdebstrap", "apt-get", "unshare" };

    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        if (proc_in_path(programs[i], PROC_SYSTEM_PATH))
            continue;
        pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s: program not found", programs[i]);
        return pyro_hint(err, "install it with 'apt-get install %s'",
                         i == 0   ? "mmdebstrap"
                         : i == 1 ? "apt"
                                  : "util-linux");
    }
    return geteuid() == 0 || check_user_namespace(err);
}

static int64_t available_memory_kib(void)
{
    scoped_file FILE *f = fopen("/proc/meminfo", "re");
    long long kib;
    char line[256];

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "MemAvailable: %lld", &kib) == 1)
            return kib;
    return 0;
}

/* Empty text writes no file. */
static bool write_file(const char *work_dir, const char *name, const struct buf *content,
                       mode_t mode, struct pyro_error *err)
{
    scoped_free char *path = str_printf("%s/%s", work_dir, name);

    return !content->len || fs_replace(AT_FDCWD, path, content->data, content->len, mode, err);
}

/* The sources to build with and those of the image, and the passwords of the former for apt alone.
 */
static bool write_sources(const struct mmdebstrap *m, const struct sources *s, struct buf *options,
                          bool *ret_lines, bool *ret_stanzas, struct pyro_error *err)
{
    scoped_buf lines = BUF_INIT(SOURCES_BYTES_MAX), stanzas = BUF_INIT(SOURCES_BYTES_MAX);
    scoped_buf image_lines = BUF_INIT(SOURCES_BYTES_MAX);
    scoped_buf image_stanzas = BUF_INIT(SOURCES_BYTES_MAX);

    if (s->auth.len && !buf_printf(options, "Dir::Etc::netrc \"%s/auth.conf\";\n", m->work_dir))
        return pyro_no_memory(err, NULL);
    if (!sources_print(s, &lines, &stanzas, err) ||
        !sources_image(s, &image_lines, &image_stanzas, err))
        return false;
    *ret_lines = lines.len > 0;
    *ret_stanzas = stanzas.len > 0;
    return write_file(m->work_dir, "host.list", &lines, 0644, err) &&
           write_file(m->work_dir, "host.sources", &stanzas, 0644, err) &&
           write_file(m->work_dir, "image.list", &image_lines, 0644, err) &&
           write_file(m->work_dir, "image.sources", &image_stanzas, 0644, err) &&
           write_file(m->work_dir, "auth.conf", &s->auth, 0600, err) &&
           write_file(m->work_dir, "apt.conf", options, 0644, err);
}

/* Puts the host's sources and fetch options into the work directory. */
static bool prepare(const struct mmdebstrap *m, bool *ret_lines, bool *ret_stanzas,
                    bool *ret_options, struct pyro_error *err)
{
    scoped_free char *temporary = str_printf("%s/tmp", m->work_dir);
    scoped_free char *apt = str_printf("%s/apt", m->work_dir);
    scoped_buf options = BUF_INIT(SOURCES_BYTES_MAX);
    struct sources s;
    bool ok;

    if (!fs_mkdir_p(temporary, 0755, err) || !sources_fetch_options(&options, err))
        return false;
    sources_init(&s);
    ok = sources_read(&s, m->entry->suite, err) && archive_choose(&s, m->entry->suite, apt, err) &&
         write_sources(m, &s, &options, ret_lines, ret_stanzas, err);
    sources_release(&s);
    *ret_options = options.len > 0;
    return ok;
}

struct arguments {
    const char *items[ARGS_MAX];
    unsigned count;
};

static void add(struct arguments *a, const char *item)
{
    BUG_ON(a->count + 1 >= ARGS_MAX);
    a->items[a->count++] = item;
}

static void add_containment(struct arguments *a)
{
    add(a, "unshare");
    if (geteuid() != 0) {
        add(a, "--user");
        add(a, "--map-root-user");
        add(a, "--map-auto");
    }
    add(a, "--mount");
    add(a, "--pid");
    add(a, "--fork");
    add(a, "--kill-child=SIGKILL");
    add(a, "--");
    add(a, "sh");
    add(a, "-c");
    add(a, inner_script);
    add(a, available_memory_kib() >= MEMORY_WANTED_KIB ? "tmpfs" : "disk");
}

static char *join_packages(const struct catalog_entry *entry)
{
    scoped_buf list = BUF_INIT(65536);
    bool ok = buf_append_str(&list, "--include=");

    for (const char *const *p = entry->packages; ok && *p; p++)
        ok = buf_printf(&list, "%s%s", p == entry->packages ? "" : ",", *p);
    BUG_ON(!ok);
    return buf_take(&list);
}

static bool start_process(struct mmdebstrap *m, const struct arguments *a, int tar_fd,
                          struct pyro_error *err)
{
    scoped_free char *temporary = str_printf("TMPDIR=%s/tmp", m->work_dir);
    const char *old = getenv("PATH");
    scoped_free char *path = str_printf("PATH=%s:" PROC_SYSTEM_PATH, old ? old : "");
    scoped_free char *sources = str_printf("PYRO_SOURCES=%s", m->work_dir);
    const char *const set[] = { temporary, path, sources, "LC_ALL=C.UTF-8", NULL };
    struct proc_spec spec = proc_spec_of(a->items);
    int says[2];
    bool ok;

    if (pipe2(says, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "start mmdebstrap: pipe");
    spec.stdout_fd = tar_fd;
    spec.stderr_fd = says[1];
    spec.die_with_parent = true;
    spec.new_session = true; /* when it fails it sends SIGHUP to its whole process group */
    spec.inherit = INHERIT_PACKAGES;
    spec.set = set;
    ok = proc_start(&spec, &m->pid, err);
    close(says[1]);
    if (!ok) {
        m->pid = 0;
        close(says[0]);
        return false;
    }
    m->output_fd = says[0];
    return true;
}

bool mmdebstrap_start(struct mmdebstrap *m, int tar_fd, struct pyro_error *err)
{
    scoped_free char *packages = join_packages(m->entry);
    scoped_free char *lines = str_printf("%s/host.list", m->work_dir);
    scoped_free char *stanzas = str_printf("%s/host.sources", m->work_dir);
    scoped_free char *options = str_printf("--aptopt=%s/apt.conf", m->work_dir);
    bool has_lines = false, has_stanzas = false, has_options = false;
    struct arguments a = { 0 };

    m->pid = 0;
    m->output_fd = m->log_fd = -1;
    m->packages = m->done = 0;
    buf_init(&m->tail, TAIL_BYTES);
    buf_init(&m->line, LINE_BYTES);
    if (!prepare(m, &has_lines, &has_stanzas, &has_options, err))
        return false;
    m->log_fd = open(m->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    add_containment(&a);
    add(&a, "mmdebstrap");
    add(&a, "--mode=root");
    add(&a, "--variant=minbase");
    add(&a, "--format=tar");
    add(&a, "--verbose");
    /* This host's fetch options, and dpkg without sync, do not belong in the environment. */
    add(&a, "--dpkgopt=force-unsafe-io");
    add(&a, "--customize-hook=rm -f \"$1/etc/apt/apt.conf.d/99mmdebstrap\" "
            "\"$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap\"");
    add(&a, image_sources_hook);
    if (has_options)
        add(&a, options);
    if (m->entry->packages[0])
        add(&a, packages);
    add(&a, m->entry->suite);
    add(&a, "-");
    if (has_lines)
        add(&a, lines);
    if (has_stanzas)
        add(&a, stanzas);
    return start_process(m, &a, tar_fd, err);
}

/* One more package in an apt call; "2 newly installed" gives their number. */
static void note_progress(struct mmdebstrap *m, const char *line, const struct progress *progress)
{
    static const char setting_up[] = "Setting up ", phase[] = "I: ";
    const char *at = strstr(line, " newly installed");
    char what[128];

    if (at) {
        while (at > line && at[-1] >= '0' && at[-1] <= '9')
            at--;
        m->packages = (unsigned)strtoul(at, NULL, 10);
        m->done = 0;
    } else if (!strncmp(line, setting_up, sizeof(setting_up) - 1)) {
        const char *name = line + sizeof(setting_up) - 1;
        snprintf(what, sizeof(what), "installing %.*s", (int)strcspn(name, " :"), name);
        m->done++;
        progress_update(progress, what,
                        m->packages && m->done <= m->packages
                            ? &(struct progress_count){ m->done, m->packages, "packages" }
                            : NULL);
    } else if (!strncmp(line, phase, sizeof(phase) - 1)) {
        snprintf(what, sizeof(what), "%.100s", line + sizeof(phase) - 1);
        progress_update(progress, what, NULL);
    }
}

static void take_line(struct mmdebstrap *m, const struct progress *progress)
{
    if (!m->line.len)
        return;
    if (m->tail.len + m->line.len + 1 > TAIL_BYTES)
        buf_consume(&m->tail, m->line.len + 1 < m->tail.len ? m->line.len + 1 : m->tail.len);
    if (!buf_printf(&m->tail, "%s\n", m->line.data))
        buf_clear(&m->tail);
    note_progress(m, m->line.data, progress);
    buf_clear(&m->line);
}

static void take_output(struct mmdebstrap *m, const char *bytes, size_t n,
                        const struct progress *progress)
{
    /* A log that cannot be written must not end the pull. */
    if (m->log_fd >= 0 && !fs_write_all(m->log_fd, bytes, n, NULL)) {
        close(m->log_fd);
        m->log_fd = -1;
    }
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == '\n' || bytes[i] == '\r' || !buf_append(&m->line, &bytes[i], 1))
            take_line(m, progress);
}

/* The last lines that mention an error; without any, the last lines. */
static void last_lines(const struct mmdebstrap *m, struct buf *ret)
{
    scoped_free char *text = m->tail.len ? strdup(m->tail.data) : NULL;
    const char *picked[ERROR_LINES];
    unsigned count = 0;

    for (int pass = 0; text && pass < 2 && count == 0; pass++) {
        for (char *end = text + m->tail.len; end > text && count < ERROR_LINES;) {
            char *line;
            while (end > text && (end[-1] == '\n' || end[-1] == '\0'))
                *--end = '\0';
            line = end;
            while (line > text && line[-1] != '\n' && line[-1] != '\0')
                line--;
            if (*line && (pass == 1 || !strncmp(line, "E: ", 3) || !strncmp(line, "Err:", 4) ||
                          strstr(line, "rror:") || strstr(line, "No space left")))
                picked[count++] = line;
            end = line;
        }
    }
    while (count)
        if (!buf_printf(ret, "%s%s", ret->len ? "; " : "", picked[--count]))
            return;
}

static bool fail(const struct mmdebstrap *m, int status, struct pyro_error *err)
{
    scoped_buf lines = BUF_INIT(TAIL_BYTES);
    bool full = m->tail.len && strstr(m->tail.data, "No space left on device");

    last_lines(m, &lines);
    if (WIFSIGNALED(status))
        pyro_fail(err, PYRO_PULL_FAILED, "mmdebstrap died of signal %d", WTERMSIG(status));
    else
        pyro_fail(err, full ? PYRO_NO_SPACE : PYRO_PULL_FAILED, "mmdebstrap: %.500s",
                  lines.len ? lines.data : "it failed without a message");
    if (full)
        return false;
    return pyro_hint(err, "check the network and the host's apt sources; its output is in %s",
                     m->log_path);
}

/* Waits for more of its output; false when it has been silent for too long. */
static bool await_output(const struct mmdebstrap *m, struct pyro_error *err)
{
    struct pollfd p = { .fd = m->output_fd, .events = POLLIN };
    int64_t silence_ms = patience(SILENCE_MS);

    if (poll(&p, 1, silence_ms > INT32_MAX ? INT32_MAX : (int)silence_ms) != 0)
        return true;
    pyro_fail(err, PYRO_PULL_FAILED, "mmdebstrap has said nothing for %lld s",
              (long long)silence_ms / 1000);
    return pyro_hint(err, "check the network and the host's apt sources; all it said is in %s",
                     m->log_path);
}

bool mmdebstrap_wait(struct mmdebstrap *m, const struct progress *progress, struct pyro_error *err)
{
    char bytes[4096];
    int status;
    ssize_t n;
    bool ok;

    for (;;) {
        if (!await_output(m, err))
            return false;
        n = read(m->output_fd, bytes, sizeof(bytes));
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        if (n > 0)
            take_output(m, bytes, (size_t)n, progress);
    }
    take_line(m, progress);
    ok = proc_wait(m->pid, patience_until(END_MS), &status, err);
    m->pid = 0;
    if (!ok)
        return false;
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || fail(m, status, err);
}

void mmdebstrap_release(struct mmdebstrap *m)
{
    proc_kill(m->pid);
    m->pid = 0;
    if (m->output_fd >= 0)
        close(m->output_fd);
    if (m->log_fd >= 0)
        close(m->log_fd);
    m->output_fd = m->log_fd = -1;
    buf_release(&m->tail);
    buf_release(&m->line);
}
