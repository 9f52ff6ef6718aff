/* engine/state/record.c: the record of a workspace, to and from JSON. */
#include "engine/state/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/secret/secrets.h"
#include "engine/state/attention.h"
#include "engine/state/base.h"
#include "engine/state/news.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"

#define RECORD_BYTES_MAX (1024 * 1024)
#define RECORD_BRIEF_MAX ((size_t)16 * 1024) /* of one that is read in brief: most have 2 KiB */

const char *const workspace_state_names[] = { "created", "started", "suspended",
                                              "stopped", "failed",  NULL };
const char *const execution_modes[] = { "guest_vm", "host_compat", NULL };
const char *const accelerators[] = { "kvm", "tcg", NULL };
static const char *const paused_reasons[] = { PAUSED_HOST_DISK_FULL, NULL };
static const char *const stop_reasons[] = { STOPPED_EXPIRED, NULL };
static const char *const seed_modes[] = { "empty", "directory", "tar_archive", NULL };
static const char *const secret_kinds[] = { "literal", "file", NULL };

const char *workspace_state_name(enum workspace_state state)
{
    return workspace_state_names[state];
}

bool record_fail_spare(const char *id, struct pyro_error *err)
{
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is a spare: nobody has claimed it", id);
    return pyro_hint(err, "'pyro workspace delete %s' ends it", id);
}

bool record_is_expired(const struct workspace_record *r)
{
    return r->expires_at > 0 && r->expires_at <= clock_wall();
}

void record_set_string(char **field, const char *value)
{
    char *copy = value ? str_printf("%s", value) : NULL;

    free(*field);
    *field = copy;
}

static void make_machine_id(struct workspace_record *r)
{
    unsigned char bytes[16];

    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), r->machine_id);
}

/* One that is about to be read. */
static void begin_record(struct workspace_record *r, const char *id)
{
    *r = (struct workspace_record){ .labels = json_object(), .env = json_object() };
    disk_layers_init(&r->disk);
    snprintf(r->id, sizeof(r->id), "%s", id);
}

void record_init(struct workspace_record *r)
{
    unsigned char bytes[WORKSPACE_ID_LENGTH / 2];

    begin_record(r, "");
    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), r->id);
    make_machine_id(r);
    r->created_at = r->last_activity_at = clock_wall();
}

bool record_copy(const struct workspace_record *r, bool past, struct workspace_record *ret,
                 struct pyro_error *err)
{
    scoped_json json_t *j = rows_save(workspace_rows, r);
    struct workspace_record ids, copy;

    if (!j)
        return pyro_no_memory(err, "copy a record");
    begin_record(&copy, r->id);
    if (!rows_load(workspace_rows, j, &copy, err)) {
        record_release(&copy);
        return false;
    }
    rows_forget(workspace_rows, ROW_OWN, &copy);
    if (!past)
        rows_forget(workspace_rows, ROW_PAST, &copy);
    record_init(&ids);
    memcpy(copy.id, ids.id, sizeof(copy.id));
    memcpy(copy.machine_id, ids.machine_id, sizeof(copy.machine_id));
    copy.created_at = copy.last_activity_at = ids.created_at;
    record_release(&ids);
    *ret = copy;
    return true;
}

/* ---- members that are not as others ---- */

static bool is_machine_id(const char *s)
{
    return strlen(s) == 32 && strspn(s, "0123456789abcdef") == 32;
}

json_t *record_seed_of(const json_t *j)
{
    const char *mode = json_string_or(j, "mode", "");

    if (strcmp(mode, "directory") != 0 && strcmp(mode, "tar_archive") != 0)
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:I}", "mode", mode, "seed_path",
                     json_string_or(j, "seed_path", ""), "entry_count",
                     (json_int_t)json_int_or(j, "entry_count", 0), "bytes_written",
                     (json_int_t)json_int_or(j, "bytes_written", 0));
}

static bool load_seed(void *field, const json_t *value, struct pyro_error *err UNUSED)
{
    *(json_t **)field = record_seed_of(value);
    return true;
}

static json_t *show_seed(const void *object)
{
    const struct workspace_record *r = object;

    return r->workspace_seed ? json_incref(r->workspace_seed)
                             : json_pack("{s:s, s:n, s:i, s:i}", "mode", "empty", "seed_path",
                                         "entry_count", 0, "bytes_written", 0);
}

static bool load_secrets(void *field, const json_t *value, struct pyro_error *err UNUSED)
{
    *(json_t **)field = secrets_described(value);
    return true;
}

static bool load_attention(void *field, const json_t *value, struct pyro_error *err UNUSED)
{
    *(json_t **)field = attention_of(value);
    return true;
}

static bool load_news(void *field, const json_t *value, struct pyro_error *err UNUSED)
{
    *(json_t **)field = news_of(value);
    return true;
}

json_t *record_attention(const struct workspace_record *r)
{
    /* A supervisor that was killed may have left what its shells did. A question in a machine that was
     * suspended is as open as before. */
    bool is_live =
        r->state == WORKSPACE_STARTED ||
        (r->state == WORKSPACE_SUSPENDED && attention_state_of(r->attention) == ATTENTION_ASKS);
    json_t *live = is_live ? r->attention : NULL, *news = news_top(r->news);

    return attention_state_of(news) > attention_state_of(live) ? news : live;
}

static struct running running_in(const struct workspace_record *r)
{
    return r->state != WORKSPACE_STARTED ? (struct running){ 0 }
                                         : (struct running){ .commands = r->running_command_count,
                                                             .services = r->running_service_count,
                                                             .shells = r->shell_count };
}

enum activity record_activity(const struct workspace_record *r)
{
    struct running running = running_in(r);

    return attention_activity(attention_state_of(record_attention(r)), &running);
}

const char *record_state_word(const struct workspace_record *r)
{
    struct running running = running_in(r);

    return attention_word(attention_state_of(record_attention(r)), &running,
                          workspace_state_name(r->state));
}

static json_t *show_attention(const void *object)
{
    static json_t *none; /* shared by all that have none */
    json_t *attention = record_attention(object);

    if (!attention && !none)
        none = attention_new(ATTENTION_NONE, 0, NULL, NULL, NULL);
    return json_incref(attention ? attention : none);
}

static bool load_disk(void *field, const json_t *value, struct pyro_error *err)
{
    disk_layers_release(field);
    return disk_layers_parse(value, field, err);
}

static json_t *save_disk(const void *field)
{
    return disk_layers_to_json(field);
}

static void release_disk(void *field)
{
    disk_layers_release(field);
}

/* ---- rows ---- */

static const struct row_spec seed_rows[] = {
    RES_STR("mode", .choices = seed_modes),
    RES_STR("seed_path", .nullable = true),
    RES_INT("entry_count"),
    RES_INT("bytes_written"),
    ROW_END,
};

static const struct row_spec secret_rows[] = {
    RES_STR("name"),
    RES_STR("source_kind", .choices = secret_kinds),
    ROW_END,
};

/* As a configuration is saved (engine/oci/config.h), without what is for show. */
static const struct row_spec image_rows[] = {
    RES_STRINGS("env"), RES_STRINGS("entrypoint"), RES_STRINGS("cmd"),     RES_STRINGS("ports"),
    RES_STR("user"),    RES_STR("working_dir"),    RES_STR("stop_signal"), ROW_END,
};

static const struct row_spec last_command_rows[] = {
    RES_STRINGS("command"),
    RES_INT("exit_code"),
    ROW_END,
};

const struct row_spec workspace_rows[] = {
    ROW_VERSION("version", RECORD_VERSION),
    WORKSPACE_MEMBERS(MEMBER_NONE, MEMBER_ROW) ROW_END,
};

/* ---- the record ---- */

void record_release(struct workspace_record *r)
{
    rows_release(workspace_rows, r);
    *r = (struct workspace_record){ 0 };
}

static bool check_version(const json_t *j, struct workspace_record *r, struct pyro_error *err)
{
    int64_t version;

    if (!json_get_int(j, "version", 1, INT32_MAX, &version, err))
        return false;
    if (version <= RECORD_VERSION)
        return true;
    r->newer = true;
    pyro_fail(err, PYRO_RECORD_INVALID, "written by a newer pyro (record version %d)",
              (int)version);
    return pyro_hint(err, "use the pyro that made it, or a newer one");
}

const char *record_base_digest(const struct workspace_record *r)
{
    return r->base_digest ? r->base_digest : r->environment_digest;
}

static bool parse_record(const json_t *j, const char *id, struct workspace_record *r,
                         struct pyro_error *err)
{
    if (!check_version(j, r, err) || !rows_load(workspace_rows, j, r, err))
        return false;
    if (strcmp(r->id, id) != 0)
        return pyro_fail(err, PYRO_RECORD_INVALID, "it is of workspace '%s'", r->id);
    if (!*r->machine_id) /* of an older version */
        make_machine_id(r);
    if (!r->throw_away)
        base_update_path(&r->base_path, record_base_digest(r));
    return true;
}

json_t *record_read(int dirfd, const char *file, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);

    return fs_read_file(dirfd, file, &text, err)
               ? json_parse(text.data, text.len, RECORD_BYTES_MAX, err)
               : NULL;
}

static bool load_file(int dirfd, const char *file, const char *id, struct workspace_record *r,
                      struct pyro_error *err)
{
    scoped_json json_t *j = record_read(dirfd, file, err);

    begin_record(r, id);
    if (!j || !parse_record(j, id, r, err))
        return pyro_wrap(err, "the record of workspace '%s'", id);
    return true;
}

static bool load(int dirfd, const char *id, struct workspace_record *r, struct pyro_error *err)
{
    struct workspace_record copy;

    if (load_file(dirfd, RECORD_FILE, id, r, err))
        return true;
    if (r->newer || !load_file(dirfd, RECORD_COPY, id, &copy, NULL)) {
        if (!r->newer) {
            r->newer = copy.newer;
            record_release(&copy);
        }
        return false;
    }
    record_release(r);
    *r = copy;
    return true;
}

/* A workspace that is deleted has another name before its first file is removed. */
static bool is_deleted(int dirfd, const char *id)
{
    scoped_free char *sibling = str_printf("../%s", id);
    struct stat own, named;

    return fstat(dirfd, &own) == 0 && (fstatat(dirfd, sibling, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
                                       own.st_ino != named.st_ino);
}

bool record_fail(int dirfd, const char *id, const struct pyro_error *why, struct pyro_error *err)
{
    if (why->sys_errno == ENOENT && is_deleted(dirfd, id))
        return pyro_fail(err, PYRO_WORKSPACE_NOT_FOUND, "workspace '%s' has just been deleted", id);
    return pyro_copy(err, why);
}

bool record_load(int dirfd, const char *id, struct workspace_record *ret, struct pyro_error *err)
{
    struct workspace_record r;
    struct pyro_error why = { 0 };

    if (!load(dirfd, id, &r, &why)) {
        record_release(&r);
        return record_fail(dirfd, id, &why, err);
    }
    *ret = r;
    return true;
}

void record_load_any(int dirfd, const char *id, struct workspace_record *ret)
{
    struct pyro_error err = { 0 };
    bool newer;

    if (load(dirfd, id, ret, &err))
        return;
    newer = ret->newer;
    record_release(ret);
    begin_record(ret, id);
    ret->state = WORKSPACE_FAILED;
    ret->broken = true;
    ret->newer = newer;
    record_set_string(&ret->environment, "unknown");
    record_set_string(&ret->last_error, err.message);
    news_add(&ret->news, NEWS_VM, attention_new(ATTENTION_FAILED, 0, "vm", id, err.message));
}

bool record_load_brief(int store_fd, const char *id, struct workspace_record *ret)
{
    char path[WORKSPACE_ID_LENGTH + sizeof("/" RECORD_FILE)];
    struct workspace_record r = { 0 };
    char text[RECORD_BRIEF_MAX];
    scoped_close int fd = -1;
    ssize_t n;

    snprintf(path, sizeof(path), "%s/" RECORD_FILE, id);
    fd = openat(store_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text));
    if (n < 0 || n == sizeof(text))
        return false;
    if (!rows_load_brief(workspace_rows, text, (size_t)n, &r) || strcmp(r.id, id) != 0 ||
        (r.base_path && !paths_is_in_bases(r.base_path))) {
        record_release(&r);
        return false;
    }
    *ret = r;
    return true;
}

enum workspace_state record_state(int dirfd, const char *id)
{
    scoped_record struct workspace_record r = { 0 };

    record_load_any(dirfd, id, &r);
    return r.state;
}

bool record_save(int dirfd, const struct workspace_record *r, bool durable, struct pyro_error *err)
{
    scoped_json json_t *j = rows_save(workspace_rows, r);
    scoped_free char *text = j ? json_dumps(j, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;

    if (!text)
        return pyro_no_memory(err, "write the record");
    /* Written first, so that it is never the older one; if it cannot be written it is removed. */
    if (!fs_replace(dirfd, RECORD_COPY, text, strlen(text), 0600, NULL))
        unlinkat(dirfd, RECORD_COPY, 0);
    return durable ? fs_write_atomic(dirfd, RECORD_FILE, text, strlen(text), 0600, err)
                   : fs_replace(dirfd, RECORD_FILE, text, strlen(text), 0600, err);
}

json_t *record_to_view(const struct workspace_record *r)
{
    return rows_view(workspace_rows, r);
}

json_t *record_to_list_view(const struct workspace_record *r)
{
    return rows_list_view(workspace_rows, r);
}
