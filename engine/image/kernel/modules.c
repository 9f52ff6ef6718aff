/*
 * engine/image/kernel/modules.c: depmod(8), as much of it as needed. A package has no modules.dep:
 * it is generated from the modules' metadata when the package is installed.
 */
#include "engine/image/kernel/modules.h"

#include <stdlib.h>
#include <string.h>

#include "engine/image/kernel/modinfo.h"
#include "engine/image/tar/source.h"
#include "vmm/base/array.h"

#define MODULE_MAX_BYTES (64u << 20)
#define ALL_MAX_BYTES (1ULL << 30)
#define MODULES_MAX 16384
#define BUILTIN_MAX_BYTES (1u << 20)
#define TEXT_MAX_BYTES (4u << 20)
#define NAME_MAX_BYTES 64
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

struct module {
    char name[NAME_MAX_BYTES + 1];
    char *bytes;
    size_t size;
    bool wanted;
};

void modules_init(struct modules *m)
{
    memset(m, 0, sizeof(*m));
    buf_init(&m->builtin, BUILTIN_MAX_BYTES);
}

void modules_release(struct modules *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->list[i].bytes);
    free(m->list);
    buf_release(&m->builtin);
}

/* A module's name from the last part of its path, '-' as '_'; false: it is not one. */
static bool name_of(const char *path, size_t n, char ret[NAME_MAX_BYTES + 1])
{
    const char *slash = memrchr(path, '/', n), *from = slash ? slash + 1 : path, *dot;

    dot = memchr(from, '.', n - (size_t)(from - path));
    if (!dot || dot == from || dot - from > NAME_MAX_BYTES)
        return false;
    snprintf(ret, NAME_MAX_BYTES + 1, "%.*s", (int)(dot - from), from);
    for (char *c = ret; *c; c++)
        *c = *c == '-' ? '_' : *c;
    return ret[strspn(ret, NAME_CHARACTERS)] == '\0';
}

static struct module *find(const struct modules *m, const char *name, size_t n)
{
    for (size_t i = 0; i < m->count; i++)
        if (strlen(m->list[i].name) == n && !memcmp(m->list[i].name, name, n))
            return &m->list[i];
    return NULL;
}

static bool is_builtin(const struct modules *m, const char *name)
{
    const char *line = m->builtin.data, *end = line + m->builtin.len;
    char builtin[NAME_MAX_BYTES + 1];

    while (line && line < end) {
        size_t n = strcspn(line, "\n");
        if (name_of(line, n, builtin) && !strcmp(builtin, name))
            return true;
        line += n + 1;
    }
    return false;
}

/* --- input --- */

static bool read_all(struct archive *a, struct buf *ret, struct pyro_error *err)
{
    char chunk[65536];
    la_ssize_t n;

    while ((n = archive_read_data(a, chunk, sizeof(chunk))) > 0)
        if (!buf_append(ret, chunk, (size_t)n))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "too large");
    return n == 0 || source_fail(a, "cannot be read", err);
}

/* One compressed file, by libarchive's own decompressors. */
static bool decompress(const struct buf *from, struct buf *ret, struct pyro_error *err)
{
    scoped_archive_read *a = archive_read_new();
    struct archive_entry *entry;

    if (!a)
        return pyro_no_memory(err, NULL);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_format_raw(a);
    if (archive_read_open_memory(a, from->data, from->len) != ARCHIVE_OK ||
        archive_read_next_header(a, &entry) != ARCHIVE_OK)
        return source_fail(a, "cannot be decompressed", err);
    return read_all(a, ret, err);
}

static bool add(struct modules *m, const char *name, struct buf *bytes, struct pyro_error *err)
{
    struct module *list;

    m->bytes += bytes->len;
    if (m->count == MODULES_MAX || m->bytes > ALL_MAX_BYTES)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the kernel has too many modules");
    list = array_grown(m->list, sizeof(*m->list), m->count, &m->room);
    if (!list)
        return pyro_no_memory(err, NULL);
    m->list = list;
    m->list[m->count] = (struct module){ .size = bytes->len };
    snprintf(m->list[m->count].name, sizeof(m->list[0].name), "%s", name);
    m->list[m->count].bytes = buf_take(bytes);
    m->count++;
    return true;
}

bool modules_take(struct modules *m, const char *path, struct archive *a, struct pyro_error *err)
{
    static const char *const endings[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };
    const char *dot = strstr(path, ".ko");
    scoped_buf packed = BUF_INIT(MODULE_MAX_BYTES), plain = BUF_INIT(MODULE_MAX_BYTES);
    char name[NAME_MAX_BYTES + 1];
    bool known = false;

    if (!strcmp(path, "modules.builtin"))
        return read_all(a, &m->builtin, err) || pyro_wrap(err, "%s", path);
    for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
        known = known || !strcmp(dot, endings[i]);
    if (!known || !name_of(path, strlen(path), name))
        return true;
    if (!read_all(a, &packed, err) ||
        (strcmp(dot, ".ko") != 0 && !decompress(&packed, &plain, err)))
        return pyro_wrap(err, "%s", path);
    return add(m, name, plain.len ? &plain : &packed, err);
}

/* --- output --- */

static bool open_info(const struct module *module, struct modinfo *ret, struct pyro_error *err)
{
    return modinfo_open(module->bytes, module->size, ret, err) ||
           pyro_wrap(err, "module %s", module->name);
}

/* Calls for each module that this one depends on and that is in the package. */
static bool each_dependency(const struct modules *m, const struct module *module,
                            bool (*fn)(void *, struct module *), void *arg, struct pyro_error *err)
{
    struct modinfo info;
    const char *string, *list;

    if (!open_info(module, &info, err))
        return false;
    while ((string = modinfo_next(&info))) {
        list = modinfo_value(string, "depends");
        while (list && *list) {
            size_t n = strcspn(list, ",");
            struct module *other = find(m, list, n);
            if (other && other != module && !fn(arg, other))
                return pyro_no_memory(err, NULL);
            list += n + (list[n] == ',');
        }
    }
    return true;
}

static bool modules_want(void *arg, struct module *module)
{
    bool *more = arg;

    *more = *more || !module->wanted;
    module->wanted = true;
    return true;
}

/* Adds the dependencies of wanted modules, until there are no new ones. */
static bool close_over(struct modules *m, struct pyro_error *err)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < m->count; i++)
            if (m->list[i].wanted && !each_dependency(m, &m->list[i], modules_want, &more, err))
                return false;
    }
    return true;
}

static bool put_file(struct tree_output *out, const char *name, const void *bytes, size_t n,
                     struct pyro_error *err)
{
    const struct tree_entry e = {
        .type = TREE_FILE, .mode = 0644, .size = n, .path = name, .target = ""
    };

    return tree_put_entry(out, &e, err) &&
           (!n || (tree_put_extent(out, 0, n, err) && tree_put_data(out, bytes, n, err)));
}

static bool modules_name_dependency(void *arg, struct module *module)
{
    return buf_printf(arg, " %s", module->name);
}

static bool add_lines(const struct modules *m, const struct module *module, struct buf *dep,
                      struct buf *alias, struct pyro_error *err)
{
    struct modinfo info;
    const char *string, *value;

    if (!open_info(module, &info, err))
        return false;
    if (!buf_printf(dep, "%s:", module->name))
        return pyro_no_memory(err, NULL);
    if (!each_dependency(m, module, modules_name_dependency, dep, err))
        return false;
    if (!buf_append_str(dep, "\n"))
        return pyro_no_memory(err, NULL);
    while ((string = modinfo_next(&info))) {
        value = modinfo_value(string, "alias");
        if (value && !strpbrk(value, " \n") && !buf_printf(alias, "%s %s\n", value, module->name))
            return pyro_no_memory(err, NULL);
    }
    return true;
}

static bool put_wanted(const struct modules *m, struct tree_output *out, struct pyro_error *err)
{
    scoped_buf dep = BUF_INIT(TEXT_MAX_BYTES), alias = BUF_INIT(TEXT_MAX_BYTES);

    for (size_t i = 0; i < m->count; i++) {
        const struct module *module = &m->list[i];
        char name[NAME_MAX_BYTES + 8];
        if (!module->wanted)
            continue;
        snprintf(name, sizeof(name), "%s.ko", module->name);
        if (!put_file(out, name, module->bytes, module->size, err) ||
            !add_lines(m, module, &dep, &alias, err))
            return false;
    }
    return put_file(out, "modules.dep", dep.data, dep.len, err) &&
           put_file(out, "modules.alias", alias.data, alias.len, err) && tree_put_done(out, err);
}

bool modules_put(struct modules *m, const char *const *wanted, size_t count,
                 struct tree_output *out, json_t *missing, struct pyro_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct module *module = find(m, wanted[i], strlen(wanted[i]));
        if (module)
            module->wanted = true;
        else if (!is_builtin(m, wanted[i]) &&
                 json_array_append_new(missing, json_string(wanted[i])) != 0)
            return pyro_no_memory(err, NULL);
    }
    return close_over(m, err) && put_wanted(m, out, err);
}
