/*
 * workspace.json: the record of one workspace. Written by the holder of the workspace's lock (its
 * supervisor while it runs), read by anyone. A second copy is kept beside it and takes its place
 * when it is damaged or gone. A record of a newer version is refused, whatever the copy says; one
 * that cannot be read at all is shown as a failed workspace.
 */
#ifndef PYRO_RECORD_H
#define PYRO_RECORD_H

#include <sys/types.h>

#include "engine/state/layers.h"
#include "engine/state/network_policy.h"
#include "vmm/base/json.h"
#include "vmm/base/rows.h"

#define RECORD_VERSION 2 /* 2: the disk's layers */
#define RECORD_FILE "workspace.json"
#define RECORD_COPY "workspace.json.last" /* written first, read when the other is damaged */
#define WORKSPACE_ID_LENGTH 12

enum workspace_state {
    WORKSPACE_CREATED, /* being made: its creator holds the lock */
    WORKSPACE_STARTED,
    WORKSPACE_SUSPENDED, /* its memory is in its directory, as new as its disk (memory_files.h) */
    WORKSPACE_STOPPED,
    WORKSPACE_FAILED
};
#define WORKSPACE_STATES (WORKSPACE_FAILED + 1)

#define PAUSED_HOST_DISK_FULL "host_disk_full"
#define STOPPED_EXPIRED "ttl"
#define STOPPED_EXPIRED_TEXT "its time to live is over"

/*
 * The members, each with its row (rows.h), from which storing, showing and documenting it follow, in
 * the order of docs/commands.md. What rows name is in record.c. Each says with .copy what a fork has
 * of it.
 */
#define WORKSPACE_MEMBERS(FIELD, ROW)                                                              \
    FIELD(char id[WORKSPACE_ID_LENGTH + 1])                                                        \
    ROW(ROW_TEXT(workspace_record, id, .copy = ROW_OWN, .shown = "workspace_id", .required = true, \
                 .listed = true, .brief = true))                                                   \
    FIELD(char *name) /* NULL: none */                                                             \
    ROW(ROW_TEXT(workspace_record, name, .copy = ROW_OWN, .nullable = true, .listed = true,        \
                 .brief = true))                                                                   \
    FIELD(json_t *labels) /* object of strings */                                                  \
    ROW(ROW_MAP(workspace_record, labels, .copy = ROW_COPIED, .required = true))                   \
    FIELD(char *forked_from) /* the id of the workspace that it went on from; NULL: none */        \
    ROW(ROW_TEXT(workspace_record, forked_from, .copy = ROW_OWN, .nullable = true, .sparse = true, \
                 .brief = true, .help = "The id of the workspace that it went on from"))           \
    FIELD(char *environment)                                                                       \
    ROW(ROW_TEXT(workspace_record, environment, .copy = ROW_COPIED, .required = true,              \
                 .nullable = true, .help = "Null only when the record is unreadable",              \
                 .listed = true, .brief = true))                                                   \
    FIELD(enum workspace_state state)                                                              \
    ROW(ROW_CHOICE(workspace_record, state, workspace_state_names, .copy = ROW_OWN,                \
                   .required = true, .listed = true, .brief = true))                               \
    ROW(RES_STR("workspace_path", .value = "/workspace", .help = "In the guest"))                  \
    FIELD(json_t *workspace_seed) /* {mode, seed_path, entry_count, bytes_written}; NULL: empty */ \
    ROW(ROW_OBJECT(workspace_record, workspace_seed, seed_rows, .copy = ROW_COPIED,                \
                   .sparse = true, .load = load_seed, .show = show_seed))                          \
    FIELD(bool host_compat)                                                                        \
    ROW(ROW_CHOICE(workspace_record, host_compat, execution_modes, .copy = ROW_COPIED,             \
                   .shown = "execution_mode", .brief = true))                                      \
    FIELD(char *accelerator) /* "kvm", "tcg"; NULL for host compatibility */                       \
    ROW(ROW_TEXT(workspace_record, accelerator, .copy = ROW_COPIED, .nullable = true,              \
                 .choices = accelerators, .help = "tcg is software emulation; null without a VM")) \
    FIELD(int64_t vcpu_count)                                                                      \
    ROW(ROW_INT(workspace_record, vcpu_count, .copy = ROW_COPIED, .required = true, .min = 1,      \
                .max = 1024, .brief = true))                                                       \
    FIELD(int64_t mem_mib)                                                                         \
    ROW(ROW_INT(workspace_record, mem_mib, .copy = ROW_COPIED, .required = true, .min = 1,         \
                .max = INT32_MAX, .brief = true))                                                  \
    FIELD(int64_t ttl_seconds)                                                                     \
    ROW(ROW_INT(workspace_record, ttl_seconds, .copy = ROW_COPIED, .required = true,               \
                .max = INT32_MAX, .help = "0: never"))                                             \
    FIELD(int64_t suspend_after_idle)                                                              \
    ROW(ROW_INT(workspace_record, suspend_after_idle, .copy = ROW_COPIED, .max = INT32_MAX,        \
                .help = "Seconds that nobody needs the VM until it is suspended; 0: never"))       \
    FIELD(double created_at) /* epoch seconds */                                                   \
    ROW(ROW_NUM(workspace_record, created_at, .copy = ROW_OWN,                                     \
                .help = "Epoch seconds, like all times", .brief = true))                           \
    FIELD(double expires_at) /* 0: never */                                                        \
    ROW(ROW_NUM(workspace_record, expires_at, .copy = ROW_OWN, .nullable = true, .brief = true))   \
    FIELD(double last_activity_at)                                                                 \
    ROW(ROW_NUM(workspace_record, last_activity_at, .copy = ROW_OWN, .listed = true,               \
                .brief = true))                                                                    \
    FIELD(enum network_policy network_policy)                                                      \
    ROW(ROW_CHOICE(workspace_record, network_policy, network_policy_names, .copy = ROW_COPIED))    \
    FIELD(char *network_error) /* NULL: it is up */                                                \
    ROW(ROW_TEXT(workspace_record, network_error, .copy = ROW_OWN, .nullable = true,               \
                 .help = "Why the network is down; null when it is not"))                          \
    FIELD(json_t *env) /* {NAME: value}, of all that is started in it */                           \
    ROW(ROW_MAP(workspace_record, env, .copy = ROW_COPIED,                                         \
                .help = "Variables of all that is started in it"))                                 \
    FIELD(json_t *secrets) /* [{name, source_kind}]; NULL: none. Their values: engine/secret */    \
    ROW(ROW_OBJECTS(workspace_record, secrets, secret_rows, .copy = ROW_OWN, .sparse = true,       \
                    .load = load_secrets))                                                         \
    FIELD(int64_t shell_count)                                                                     \
    ROW(ROW_INT(workspace_record, shell_count, .copy = ROW_PAST, .listed = true, .brief = true))   \
    FIELD(int64_t service_count)                                                                   \
    ROW(ROW_INT(workspace_record, service_count, .copy = ROW_PAST))                                \
    FIELD(int64_t running_service_count)                                                           \
    ROW(ROW_INT(workspace_record, running_service_count, .copy = ROW_OWN, .brief = true))          \
    FIELD(int64_t running_command_count)                                                           \
    ROW(ROW_INT(workspace_record, running_command_count, .copy = ROW_OWN, .listed = true,          \
                .brief = true))                                                                    \
    FIELD(int64_t command_count)                                                                   \
    ROW(ROW_INT(workspace_record, command_count, .copy = ROW_PAST, .required = true,               \
                .max = INT32_MAX, .listed = true, .brief = true))                                  \
    FIELD(json_t *last_command) /* {command, exit_code} or NULL */                                 \
    ROW(ROW_OBJECT(workspace_record, last_command, last_command_rows, .copy = ROW_PAST,            \
                   .nullable = true))                                                              \
    FIELD(int64_t reset_count)                                                                     \
    ROW(ROW_INT(workspace_record, reset_count, .copy = ROW_OWN))                                   \
    FIELD(double last_reset_at) /* 0: never */                                                     \
    ROW(ROW_NUM(workspace_record, last_reset_at, .copy = ROW_OWN, .nullable = true))               \
    FIELD(char *last_error) /* NULL: none */                                                       \
    ROW(ROW_TEXT(workspace_record, last_error, .copy = ROW_OWN, .nullable = true,                  \
                 .help = "Why it is failed"))                                                      \
    FIELD(const char *stop_reason) /* a constant; NULL: it is not stopped, or somebody did it */   \
    ROW(ROW_CHOICE(workspace_record, stop_reason, stop_reasons, .copy = ROW_OWN, .sparse = true,   \
                   .nullable = true,                                                               \
                   .help = "Why it stopped by itself: its time to live is over"))                  \
    FIELD(char *resume_error) /* NULL: none */                                                     \
    ROW(ROW_TEXT(workspace_record, resume_error, .copy = ROW_OWN, .nullable = true,                \
                 .sparse = true,                                                                   \
                 .help = "Why a suspended machine was booted from its disk, without what ran"))    \
    FIELD(json_t *attention) /* of what its shells do, as attention.h has it; NULL: none */        \
    ROW(ROW_OBJECT(workspace_record, attention, attention_rows, .copy = ROW_OWN, .sparse = true,   \
                   .load = load_attention, .show = show_attention, .listed = true, .brief = true)) \
    FIELD(json_t *news) /* news.h; NULL: none */                                                   \
    ROW(ROW_OBJECT(workspace_record, news, NULL, .copy = ROW_OWN, .where = ROW_KEPT,               \
                   .sparse = true, .load = load_news, .brief = true))                              \
    FIELD(const char *paused_reason) /* a constant; NULL: it is not paused */                      \
    ROW(ROW_CHOICE(workspace_record, paused_reason, paused_reasons, .copy = ROW_OWN,               \
                   .sparse = true, .nullable = true,                                               \
                   .help = "Why a started machine is paused; it goes on by itself",                \
                   .listed = true, .brief = true))                                                 \
    /* The guest's, for as long as the workspace lives: machine-id(5). */                          \
    FIELD(char machine_id[33])                                                                     \
    ROW(ROW_TEXT(workspace_record, machine_id, .copy = ROW_OWN, .where = ROW_KEPT,                 \
                 .is_valid = is_machine_id))                                                       \
    FIELD(char *environment_digest)                                                                \
    ROW(ROW_TEXT(workspace_record, environment_digest, .copy = ROW_COPIED, .where = ROW_KEPT))     \
    FIELD(char *base_digest) /* of the image alone; NULL: the same */                              \
    ROW(ROW_TEXT(workspace_record, base_digest, .copy = ROW_COPIED, .where = ROW_KEPT,             \
                 .sparse = true))                                                                  \
    FIELD(char *image_digest) /* what the reference meant that the image was pulled by */          \
    ROW(ROW_TEXT(workspace_record, image_digest, .copy = ROW_COPIED, .where = ROW_KEPT,            \
                 .sparse = true))                                                                  \
    FIELD(json_t *image) /* of an image, what its configuration says of commands; NULL: none */    \
    ROW(ROW_OBJECT(workspace_record, image, image_rows, .copy = ROW_COPIED, .where = ROW_KEPT,     \
                   .sparse = true))                                                                \
    FIELD(char *base_path) /* the base image of the disk (base.h); NULL on the host */             \
    ROW(ROW_TEXT(workspace_record, base_path, .copy = ROW_COPIED, .where = ROW_KEPT,               \
                 .brief = true))                                                                   \
    FIELD(struct disk_layers disk)                                                                 \
    ROW(ROW_OTHER(workspace_record, disk, .copy = ROW_OWN, .load = load_disk, .save = save_disk,   \
                  .release = release_disk))                                                        \
    FIELD(bool clearing) /* a reset cleared the history: its files must be removed first */        \
    ROW(ROW_BOOL(workspace_record, clearing, .copy = ROW_OWN, .where = ROW_KEPT))                  \
    FIELD(uint64_t cursors) /* the highest one that a reset may have taken back: shell_cursor.h */ \
    ROW(ROW_INT(workspace_record, cursors, .copy = ROW_COPIED, .where = ROW_KEPT))                 \
    FIELD(                                                                                         \
        char *resume_from) /* the snapshot whose memory the next start goes on from; NULL: none */ \
    ROW(ROW_TEXT(workspace_record, resume_from, .copy = ROW_OWN, .where = ROW_KEPT,                \
                 .sparse = true))                                                                  \
    FIELD(bool unbegun) /* it was suspended and goes on, but its guest has not been told so yet */ \
    ROW(ROW_BOOL(workspace_record, unbegun, .copy = ROW_OWN, .where = ROW_KEPT))                   \
    FIELD(bool ephemeral) /* of `run`, or being seeded: removed with its holder */                 \
    ROW(ROW_BOOL(workspace_record, ephemeral, .copy = ROW_OWN, .where = ROW_KEPT, .brief = true))  \
    FIELD(bool spare) /* not claimed yet (engine/supervisor/spare.h) */                            \
    ROW(ROW_BOOL(workspace_record, spare, .copy = ROW_OWN, .where = ROW_KEPT, .brief = true))      \
    FIELD(pid_t keeper_pid) /* of a spare: it ends with that process; 0: with none */              \
    ROW(ROW_INT(workspace_record, keeper_pid, .copy = ROW_OWN, .where = ROW_KEPT))                 \
    FIELD(uint64_t keeper_start_time)                                                              \
    ROW(ROW_INT(workspace_record, keeper_start_time, .copy = ROW_OWN, .where = ROW_KEPT))          \
    FIELD(bool throw_away) /* of `run`: its disk need not survive a crash of the host */           \
    ROW(ROW_BOOL(workspace_record, throw_away, .copy = ROW_OWN, .where = ROW_KEPT))                \
    FIELD(bool held) /* ends with the process that holds it */                                     \
    ROW(ROW_BOOL(workspace_record, held, .copy = ROW_OWN, .where = ROW_KEPT, .brief = true))       \
    FIELD(bool unannounced) /* of `create --hold`, until it is held: nobody was told of it */      \
    ROW(ROW_BOOL(workspace_record, unannounced, .copy = ROW_OWN, .where = ROW_KEPT))               \
    FIELD(bool used) /* the guest has had write access to the active layer once */                 \
    ROW(ROW_BOOL(workspace_record, used, .copy = ROW_OWN, .where = ROW_KEPT, .def = true))         \
    FIELD(bool stopping) /* its end was requested, so it will not be a failure */                  \
    ROW(ROW_BOOL(workspace_record, stopping, .copy = ROW_OWN, .where = ROW_KEPT))                  \
    FIELD(pid_t vm_pid) /* 0: none */                                                              \
    ROW(ROW_INT(workspace_record, vm_pid, .copy = ROW_OWN, .where = ROW_KEPT, .required = true,    \
                .brief = true))                                                                    \
    FIELD(uint64_t vm_start_time)                                                                  \
    ROW(ROW_INT(workspace_record, vm_start_time, .copy = ROW_OWN, .where = ROW_KEPT, .brief = true))

struct workspace_record {
    WORKSPACE_MEMBERS(MEMBER_FIELD, MEMBER_NONE)
    bool broken; /* workspace.json could not be read: only id, state and last_error hold */
    bool newer;  /* … because a newer pyro wrote it */
};

extern const struct row_spec workspace_rows[];
extern const char *const workspace_state_names[];
extern const char *const execution_modes[]; /* by host_compat */
extern const char *const accelerators[];

const char *workspace_state_name(enum workspace_state state);
/* A record with new random ids and nothing else. */
void record_init(struct workspace_record *r);
/* One that goes on from another, as the rows have it: with new random ids, and of all else that each
 * has of its own nothing, a disk included; without `past` also nothing of what it has done. */
bool record_copy(const struct workspace_record *r, bool past, struct workspace_record *ret,
                 struct pyro_error *err) MUST_CHECK;
void record_release(struct workspace_record *r);
#define scoped_record __attribute__((cleanup(record_release)))
/* Fails as `why` says, or with PYRO_WORKSPACE_NOT_FOUND where a file was missing because the workspace
 * in dirfd has been deleted. */
bool record_fail(int dirfd, const char *id, const struct pyro_error *why, struct pyro_error *err);
/* Of a spare, which nobody can use before it is claimed. False. */
bool record_fail_spare(const char *id, struct pyro_error *err);
/* Reads dirfd's record; `id` is the directory's name, and must agree. */
bool record_load(int dirfd, const char *id, struct workspace_record *ret,
                 struct pyro_error *err) MUST_CHECK;
/* The content of one of its files, unchecked; the caller's. */
json_t *record_read(int dirfd, const char *file, struct pyro_error *err) MUST_CHECK;
/* The same as record_load(), but a record that cannot be used comes back as a failed workspace that
 * says why. */
void record_load_any(int dirfd, const char *id, struct workspace_record *ret);
/* What a list shows of it (.brief in the rows above), by its directory in the store: one file is
 * opened, and no tree is made. False: record_load_any() must look at all of it, as for one of an
 * older version, whose base has to be kept first. */
bool record_load_brief(int store_fd, const char *id, struct workspace_record *ret) MUST_CHECK;
/* The state alone, by the same rule. */
enum workspace_state record_state(int dirfd, const char *id);
/*
 * As much of it as is needed to read the disk: of a newer version, or of a damaged record without a
 * copy, base_path and disk, from the readable parts and from the layers' files; `broken` is then
 * set. PYRO_RECORD_INVALID when it is unclear which layers make the disk, or what they are based
 * on.
 */
bool record_load_disk(int dirfd, const char *id, struct workspace_record *ret,
                      struct pyro_error *err) MUST_CHECK;
/* Replaces both copies atomically; `durable` waits until it is on the disk. */
bool record_save(int dirfd, const struct workspace_record *r, bool durable,
                 struct pyro_error *err) MUST_CHECK;
/* A seed as it is stored, from JSON of any source; NULL when there is none. New. */
json_t *record_seed_of(const json_t *j);
/* Its time to live is over. */
bool record_is_expired(const struct workspace_record *r);
/* What needs a person's eye: what its shells do, and its news. Borrowed; NULL: nothing. */
json_t *record_attention(const struct workspace_record *r);
/* What goes on in it: attention_activity(). */
enum activity record_activity(const struct workspace_record *r);
/* Its state in one word, for a table: attention_word(), or else its own. */
const char *record_state_word(const struct workspace_record *r);
/* The workspace object as users see it. */
json_t *record_to_view(const struct workspace_record *r);
/* What a table of many shows of it, from a record that was read in brief. */
json_t *record_to_list_view(const struct workspace_record *r);

/* The digest of the image that its disk is based on; borrowed, NULL: none. */
const char *record_base_digest(const struct workspace_record *r);
void record_set_string(char **field, const char *value);

#endif
