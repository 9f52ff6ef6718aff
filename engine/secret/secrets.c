/* engine/secret/secrets.c: checked, stored, read back. */
#include "engine/secret/secrets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/command_request.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

#define NAME_HINT "use 1 to 64 letters, digits and '_', not starting with a digit"

#define REPLACED_DIR "secrets-replaced" /* as the secrets, under names without a meaning */

static const char *const kinds[] = { "literal", "file" };

static void value_release(struct buf *value)
{
    if (value->data)
        explicit_bzero(value->data, value->cap);
    buf_release(value);
}

void secrets_release(struct secrets *s)
{
    for (size_t i = 0; i < s->count; i++)
        value_release(&s->items[i].value);
    s->count = 0;
}

bool secret_name_is_valid(const char *name, size_t n)
{
    return n <= SECRET_NAME_MAX && command_variable_is_valid(name, n);
}

static const struct secret *find(const struct secrets *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->items[i].name, name))
            return &s->items[i];
    return NULL;
}

/* The value without its final newlines. */
static size_t text_length(const struct buf *value)
{
    size_t n = value->len;

    while (n && (value->data[n - 1] == '\n' || value->data[n - 1] == '\r'))
        n--;
    return n;
}

/* ---- input ---- */

/* The name before the '='. */
static bool take_name(struct secrets *s, const char *spec, struct secret **ret,
                      struct pyro_error *err)
{
    size_t n = strcspn(spec, "=");
    struct secret *item = &s->items[s->count];

    if (!spec[n])
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "there is no '=' after the secret's name");
    if (!secret_name_is_valid(spec, n)) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT,
                  "the text before the '=' is not a valid name for a secret");
        return pyro_hint(err, NAME_HINT);
    }
    if (s->count == SECRETS_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "there are more than %d secrets", SECRETS_MAX);
    *item = (struct secret){ .value = BUF_INIT(SECRET_BYTES_MAX) };
    snprintf(item->name, sizeof(item->name), "%.*s", (int)n, spec);
    if (find(s, item->name))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "secret '%s' is given twice", item->name);
    *ret = item;
    return true;
}

static bool check_value(const struct secret *item, struct pyro_error *err)
{
    const struct buf *v = &item->value;

    if (!v->len || !text_length(v))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "secret '%s' is empty", item->name);
    if (memchr(v->data, '\0', v->len) || !utf8_is_valid(v->data, v->len)) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "secret '%s' is not UTF-8 text", item->name);
        return pyro_hint(err, "encode binary values as base64");
    }
    return true;
}

static void *fail_size(const char *name, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "secret '%s' is over %d KiB", name,
                     SECRET_BYTES_MAX >> 10);
}

/* Adds the filled item. */
static bool take_value(struct secrets *s, struct secret *item, bool filled, struct pyro_error *err)
{
    size_t total = item->value.len;

    for (size_t i = 0; i < s->count; i++)
        total += s->items[i].value.len;
    if (filled && check_value(item, err) &&
        (total <= SECRETS_BYTES_MAX ||
         pyro_fail(err, PYRO_INVALID_ARGUMENT, "the secrets are over %d KiB together",
                   SECRETS_BYTES_MAX >> 10))) {
        s->count++;
        return true;
    }
    value_release(&item->value);
    return false;
}

bool secrets_add_literal(struct secrets *s, const char *spec, struct pyro_error *err)
{
    struct secret *item;

    return take_name(s, spec, &item, err) &&
           take_value(s, item,
                      buf_append_str(&item->value, strchr(spec, '=') + 1) ||
                          fail_size(item->name, err),
                      err);
}

/* A whole file; a FIFO or a device will do too, as from <(…). */
static bool read_value(int dirfd, const char *path, struct secret *item, struct pyro_error *err)
{
    scoped_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
    char chunk[4096];
    ssize_t n;

    if (fd < 0)
        return pyro_fail_errno(err, "secret '%s': open '%s'", item->name, path);
    while ((n = fs_read_full(fd, chunk, sizeof(chunk))) > 0)
        if (!buf_append(&item->value, chunk, (size_t)n)) {
            n = -1;
            break;
        } else if ((size_t)n < sizeof(chunk)) {
            break;
        }
    explicit_bzero(chunk, sizeof(chunk));
    if (n >= 0)
        return true;
    return item->value.len ? fail_size(item->name, err)
                           : pyro_fail_errno(err, "secret '%s': read '%s'", item->name, path);
}

bool secrets_add_file(struct secrets *s, const char *spec, struct pyro_error *err)
{
    struct secret *item;

    if (!take_name(s, spec, &item, err))
        return false;
    item->from_file = true;
    return take_value(s, item, read_value(AT_FDCWD, strchr(spec, '=') + 1, item, err), err);
}

/* ---- storage ---- */

json_t *secrets_describe(const struct secrets *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", s->items[i].name, "source_kind",
                                              kinds[s->items[i].from_file]));
    return list;
}

json_t *secrets_described(const json_t *j)
{
    json_t *list = NULL, *item;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)j, i, item) {
        const char *name = json_string_or(item, "name", "");
        bool from_file = !strcmp(json_string_or(item, "source_kind", ""), kinds[1]);
        if (!secret_name_is_valid(name, strlen(name)))
            continue;
        list = list ? list : json_array();
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", name, "source_kind", kinds[from_file]));
    }
    return list;
}

static bool store(const struct secrets *s, int workspace_fd, const char *name,
                  struct pyro_error *err)
{
    scoped_close int fd = -1;

    if (!s->count)
        return true;
    if (mkdirat(workspace_fd, name, 0700) != 0 && errno != EEXIST)
        return pyro_fail_errno(err, "store the secrets");
    fd = fs_open_dir(workspace_fd, name, err);
    for (size_t i = 0; fd >= 0 && i < s->count; i++) {
        const struct secret *item = &s->items[i];
        if (!fs_write_atomic(fd, item->name, item->value.data, item->value.len, 0600, err))
            return false;
    }
    return fd >= 0;
}

bool secrets_store(const struct secrets *s, int workspace_fd, struct pyro_error *err)
{
    return store(s, workspace_fd, SECRETS_DIR, err);
}

static bool load(int workspace_fd, const char *name, struct secrets *ret, struct pyro_error *err)
{
    int fd = openat(workspace_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    ret->count = 0;
    if (!dir)
        return errno == ENOENT || pyro_fail_errno(err, "read the secrets");
    while ((entry = readdir(dir))) {
        struct secret *item = &ret->items[ret->count];
        if (!secret_name_is_valid(entry->d_name, strlen(entry->d_name)))
            continue; /* the directory itself; leftovers of a killed create are swept */
        if (ret->count == SECRETS_MAX)
            break;
        *item = (struct secret){ .value = BUF_INIT(SECRET_BYTES_MAX) };
        snprintf(item->name, sizeof(item->name), "%s", entry->d_name);
        if (!take_value(ret, item, read_value(fd, item->name, item, err), err)) {
            secrets_release(ret);
            return pyro_wrap(err, "read the secrets");
        }
    }
    return true;
}

bool secrets_load(int workspace_fd, struct secrets *ret, struct pyro_error *err)
{
    return load(workspace_fd, SECRETS_DIR, ret, err);
}

/* ---- forks ---- */

/* Adds a secret's value under that name. */
static bool add_copy(struct secrets *s, const struct secret *from, const char *name,
                     struct pyro_error *err)
{
    struct secret *item = &s->items[s->count];

    if (s->count == SECRETS_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "there are more than %d secrets", SECRETS_MAX);
    *item = (struct secret){ .from_file = from->from_file, .value = BUF_INIT(SECRET_BYTES_MAX) };
    snprintf(item->name, sizeof(item->name), "%s", name);
    return take_value(
        s, item,
        buf_append(&item->value, from->value.data, from->value.len) || fail_size(name, err), err);
}

/* Those given, and of the rest theirs. */
static bool add_inherited(const struct secrets *given, const struct secrets *theirs,
                          struct secrets *ret, struct pyro_error *err)
{
    for (size_t i = 0; i < given->count; i++)
        if (!add_copy(ret, &given->items[i], given->items[i].name, err))
            return false;
    for (size_t i = 0; i < theirs->count; i++)
        if (!find(given, theirs->items[i].name) &&
            !add_copy(ret, &theirs->items[i], theirs->items[i].name, err))
            return false;
    return true;
}

static bool has_value(const struct secrets *s, const struct buf *value)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].value.len == value->len &&
            !memcmp(s->items[i].value.data, value->data, value->len))
            return true;
    return false;
}

/* Adds those values that neither has yet. */
static bool add_replaced(const struct secrets *from, const struct secrets *current,
                         struct secrets *replaced, struct pyro_error *err)
{
    for (size_t i = 0; i < from->count; i++) {
        char name[SECRET_NAME_MAX + 1];
        const struct secret *item = &from->items[i];
        snprintf(name, sizeof(name), "R%zu", replaced->count + 1);
        if (!has_value(current, &item->value) && !has_value(replaced, &item->value) &&
            !add_copy(replaced, item, name, err))
            return pyro_wrap(err, "values that must not be shown");
    }
    return true;
}

bool secrets_fork(const struct secrets *given, int from_fd, struct secrets *ret,
                  struct secrets *ret_replaced, struct pyro_error *err)
{
    scoped_secrets theirs = { .count = 0 }, before = { .count = 0 };

    ret->count = ret_replaced->count = 0;
    if (secrets_load(from_fd, &theirs, err) && load(from_fd, REPLACED_DIR, &before, err) &&
        add_inherited(given, &theirs, ret, err) && add_replaced(&before, ret, ret_replaced, err) &&
        add_replaced(&theirs, ret, ret_replaced, err))
        return true;
    secrets_release(ret);
    secrets_release(ret_replaced);
    return false;
}

bool secrets_store_replaced(const struct secrets *replaced, int workspace_fd,
                            struct pyro_error *err)
{
    return store(replaced, workspace_fd, REPLACED_DIR, err);
}

static bool fail_unknown(const char *name, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_SECRET_NOT_FOUND, "the workspace has no secret '%s'", name);
}

json_t *secrets_to_json(const struct secrets *s, const json_t *described, struct pyro_error *err)
{
    json_t *values = json_object(), *item;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)described, i, item) {
        const char *name = json_string_or(item, "name", "");
        const struct secret *secret = find(s, name);
        if (!secret) {
            fail_unknown(name, err);
            pyro_hint(err, "its file below '" SECRETS_DIR "/' is gone: delete the workspace and "
                           "create it again");
            json_decref(values);
            return NULL;
        }
        json_object_set_new(values, name, json_stringn(secret->value.data, secret->value.len));
    }
    return values;
}

bool secrets_set_env(const struct secrets *s, const json_t *wanted, json_t *env,
                     struct pyro_error *err)
{
    const char *variable;
    json_t *name;

    json_object_foreach ((json_t *)(uintptr_t)wanted, variable, name) {
        const char *text = json_is_string(name) ? json_string_value(name) : "";
        const struct secret *secret = find(s, text);
        size_t n = secret ? secret->value.len : 0;
        if (!secret)
            return fail_unknown(text, err);
        if (n > 1 && secret->value.data[n - 1] == '\n')
            n -= secret->value.data[n - 2] == '\r' ? 2 : 1;
        json_object_set_new(env, variable, json_stringn(secret->value.data, n));
    }
    return true;
}

bool secrets_check_env(const struct redactor *r, const json_t *env, struct pyro_error *err)
{
    const char *variable;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)env, variable, value) {
        if (!redact_finds(r, json_string_value(value), json_string_length(value), false))
            continue;
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "the value of variable '%.64s' has a secret in it",
                  variable);
        return pyro_hint(err, "give the secret by --secret alone, and to each command that needs "
                              "it by --secret-env");
    }
    return true;
}

bool secrets_add_env(json_t **wanted, const char *item, struct pyro_error *err)
{
    size_t n = strcspn(item, "=");
    const char *variable = item[n] ? item + n + 1 : item;
    char name[SECRET_NAME_MAX + 1];

    if (!secret_name_is_valid(item, n) || !secret_name_is_valid(variable, strlen(variable))) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT,
                  "'%.100s' is not NAME or NAME=VARIABLE, the name of a secret and of an "
                  "environment variable",
                  item);
        return pyro_hint(err, NAME_HINT);
    }
    if (json_object_get(*wanted, variable))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the variable '%s' is given twice", variable);
    if (!*wanted)
        *wanted = json_object();
    snprintf(name, sizeof(name), "%.*s", (int)n, item);
    json_object_set_new(*wanted, variable, json_string(name));
    return true;
}

/* ---- redaction ---- */

/* Borrows the values. */
static size_t add_values(const struct secrets *s, struct buf *values, size_t count)
{
    for (size_t i = 0; i < s->count; i++) {
        values[count] = s->items[i].value;
        values[count].len = text_length(&values[count]);
        count++;
    }
    return count;
}

bool secrets_redactor_of_both(const struct secrets *s, const struct secrets *replaced,
                              struct redactor **ret, struct pyro_error *err)
{
    struct buf values[2 * SECRETS_MAX];
    size_t count = add_values(replaced, values, add_values(s, values, 0));

    *ret = count ? redactor_new(values, count) : NULL;
    return !count || *ret || pyro_no_memory(err, "the secrets");
}

bool secrets_redactor(const struct secrets *s, struct redactor **ret, struct pyro_error *err)
{
    static const struct secrets none;

    return secrets_redactor_of_both(s, &none, ret, err);
}

bool secrets_redactor_of(int workspace_fd, struct redactor **ret, struct pyro_error *err)
{
    scoped_secrets s = { .count = 0 }, replaced = { .count = 0 };

    return secrets_load(workspace_fd, &s, err) &&
           load(workspace_fd, REPLACED_DIR, &replaced, err) &&
           secrets_redactor_of_both(&s, &replaced, ret, err);
}
