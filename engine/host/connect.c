/* engine/host/connect.c: the copy is made beside the file itself, not beside a link to it, so that
 * putting it back is one rename, which a full disk does not stop. */
#include "engine/host/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/helper/host_file.h"
#include "engine/host/jsonc.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/base/redact.h"

#define DIFF_MS 20000
#define DIFFERENCE_BYTES_MAX (256 * 1024)
#define BACKUPS_MAX 1000
#define TOKEN_BYTES_MIN 6

static void hint_print_config(const struct agent *a, struct pyro_error *err)
{
    pyro_hint(err, "'pyro host print-config %s' prints what its configuration needs", a->name);
}

/* The file behind the name, which may be a link; NULL without an error: there is none. */
static bool find_real(const char *file, char **ret, struct stat *ret_st, struct pyro_error *err)
{
    if (lstat(file, ret_st) != 0 && errno == ENOENT)
        return true;
    *ret = realpath(file, NULL);
    if (!*ret || stat(*ret, ret_st) != 0)
        return pyro_fail_errno(err, "'%s'", file);
    if (!S_ISREG(ret_st->st_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%s' is not a regular file", file);
    if (!(ret_st->st_mode & S_IWUSR) || access(*ret, W_OK) != 0)
        return pyro_fail(err, PYRO_PERMISSION, "'%s' is read-only", file);
    return true;
}

/* A copy with the owner and mode of the file, under the first free name. */
static char *back_up(const char *real, const struct stat *st, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(JSONC_BYTES_MAX);
    scoped_host_file struct host_file copy = HOST_FILE_INIT;
    char *path = NULL;

    if (!fs_read_file(AT_FDCWD, real, &text, err))
        return NULL;
    for (int i = 1; i <= BACKUPS_MAX; i++) {
        struct pyro_error why = { 0 };

        free(path);
        path =
            i == 1 ? str_printf("%s.before-pyro", real) : str_printf("%s.before-pyro.%d", real, i);
        if (host_file_open(&copy, path, 0600, &why) &&
            fs_write_all(copy.fd, text.data, text.len, &why) &&
            (fchown(copy.fd, st->st_uid, st->st_gid) == 0 || errno == EPERM) &&
            fchmod(copy.fd, st->st_mode & 07777) == 0 && host_file_install(&copy, &why))
            return path;
        if (!pyro_is(&why, PYRO_NAME_TAKEN)) {
            pyro_copy(err, &why);
            break;
        }
        host_file_release(&copy);
    }
    pyro_wrap(err, "copying '%s' first", real);
    free(path);
    return NULL;
}

/* As it was: the copy under the file's name, or no file. Says so in the error that is there. */
static void put_back(struct connection *c, const char *real, struct pyro_error *err)
{
    if (c->backup ? rename(c->backup, real) == 0 : unlink(c->file) == 0 || errno == ENOENT) {
        free(take_ptr(&c->backup));
        pyro_wrap(err, "'%s' is as it was", c->file);
    } else if (c->backup) {
        pyro_wrap(err, "'%s' has a copy of what was there before", c->backup);
    }
}

/* Beside ours, the same entries as before. */
static bool is_done(const struct agent *a, const char *file, const json_t *command,
                    const struct agent_entry *before, struct pyro_error *err)
{
    scoped_agent_entry after = { 0 };
    const char *name;
    json_t *other;

    if (!agent_read(a, file, &after, err))
        return false;
    if (!json_equal(after.command, command))
        return pyro_fail(err, PYRO_IO, "'%s mcp add' did not write the entry '%s'", a->program,
                         AGENT_ENTRY);
    json_object_foreach (before->others, name, other)
        if (!json_equal(json_object_get(after.others, name), other))
            return pyro_fail(err, PYRO_IO, "'%s mcp add' changed the entry '%s'", a->program, name);
    return true;
}

static bool run_words(const struct agent *a, const char *const *first, const json_t *then,
                      struct pyro_error *err)
{
    scoped_json json_t *words = json_array();

    for (; *first; first++)
        json_array_append_new(words, json_string(*first));
    for (size_t i = 0; i < json_array_size(then); i++)
        json_array_append(words, json_array_get(then, i));
    return agent_run(a, words, NULL, err);
}

static bool add(const struct agent *a, const json_t *command, const struct agent_entry *before,
                struct pyro_error *err)
{
    return (!before->is_there || !a->remove || run_words(a, a->remove, NULL, err)) &&
           run_words(a, a->add, command, err);
}

/* The texts in a value that could be a token. */
static void collect_texts(const json_t *value, struct buf *values, size_t *count)
{
    const char *name;
    json_t *one;

    if (json_is_string(value) && json_string_length(value) >= TOKEN_BYTES_MIN &&
        *count <= REDACT_VALUES_MAX) {
        buf_init(&values[*count], REDACT_VALUE_MAX);
        if (buf_append(&values[*count], json_string_value(value), json_string_length(value)))
            (*count)++;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        collect_texts(json_array_get(value, i), values, count);
    json_object_foreach ((json_t *)(uintptr_t)value, name, one)
        collect_texts(one, values, count);
}

/* Some agents write all of their file in a form of their own: the difference then has the other
 * entries, with their tokens. NULL: too many texts to take out. */
static char *without_texts(const struct buf *text, const json_t *others)
{
    struct buf values[REDACT_VALUES_MAX + 1];
    scoped_redactor *redactor = NULL;
    scoped_buf out = BUF_INIT(DIFFERENCE_BYTES_MAX * 2);
    size_t count = 0;
    bool ok;

    collect_texts(others, values, &count);
    redactor = count ? redactor_new(values, count) : NULL;
    ok = (!count || redactor) && redact_text(redactor, text->data, text->len, false, &out);
    while (count)
        buf_release(&values[--count]);
    return ok ? buf_take(&out) : NULL;
}

/* The lines that changed, and none around them; empty when it cannot be told. */
static char *difference(const struct connection *c, const json_t *others)
{
    static const char script[] = "diff -U0 -b --label \"$1\" --label \"$1\" -- \"$2\" \"$3\" || "
                                 "[ $? -eq 1 ]";
    const char *const argv[] = { "sh",    "-c",    script,
                                 "sh",    c->file, c->backup ? c->backup : "/dev/null",
                                 c->file, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(DIFFERENCE_BYTES_MAX);
    char *text = NULL;

    spec.inherit = INHERIT_PERSON;
    if (proc_run(&spec, patience(DIFF_MS), &out, NULL) && out.len)
        text = without_texts(&out, others);
    return text ? text : str_printf("%s", "");
}

/* None ends this process before it has put things right: one that ends processes ends the agent. */
static void hold_signals(sigset_t *ret_old)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigprocmask(SIG_BLOCK, &held, ret_old);
}

static bool connect_file(const struct agent *a, const json_t *command, struct connection *ret,
                         struct pyro_error *err)
{
    scoped_agent_entry before = { 0 };
    scoped_free char *real = NULL;
    struct stat st;
    sigset_t old;
    bool ok;

    if (!find_real(ret->file, &real, &st, err) || !agent_read(a, ret->file, &before, err))
        return false;
    if (json_equal(before.command, command) && !before.is_off)
        return true;
    ret->changed = true;
    if (real && !(ret->backup = back_up(real, &st, err)))
        return false;
    hold_signals(&old);
    ok = add(a, command, &before, err) && is_done(a, ret->file, command, &before, err);
    if (!ok)
        put_back(ret, real, err);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (ok)
        ret->difference = difference(ret, before.others);
    return ok;
}

bool agent_connect(const struct agent *a, const json_t *command, struct connection *ret,
                   struct pyro_error *err)
{
    struct connection made = { .file = agent_file(a, err) };

    if (!made.file)
        return false;
    if (!agent_is_installed(a))
        pyro_fail(err, PYRO_DEPENDENCY_MISSING, "there is no '%s' in PATH", a->program);
    else if (connect_file(a, command, &made, err)) {
        *ret = made;
        return true;
    }
    hint_print_config(a, err);
    connection_release(&made);
    return false;
}

void connection_release(struct connection *c)
{
    free(take_ptr(&c->file));
    free(take_ptr(&c->backup));
    free(take_ptr(&c->difference));
}
