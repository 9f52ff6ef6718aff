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
    WORKSPACE_STOPPED,
    WORKSPACE_FAILED
};

#define PAUSED_HOST_DISK_FULL "host_disk_full"

struct workspace_record {
    char id[WORKSPACE_ID_LENGTH + 1];
    char *name;          /* NULL: none */
    json_t *labels;      /* object of strings */
    char machine_id[33]; /* the guest's, for as long as the workspace lives: machine-id(5) */
    char *environment;
    char *environment_digest;
    char *base_path; /* the base image of the disk (base.h); NULL on the host */
    struct disk_layers disk;
    bool clearing; /* a reset cleared the history: its files must be removed first */
    enum workspace_state state;
    bool host_compat;
    bool ephemeral;    /* of `run`, or being seeded: removed with its holder */
    bool throw_away;   /* of `run`: its disk need not survive a crash of the host */
    bool used;         /* the guest has had write access to the active layer once */
    bool stopping;     /* its end was requested, so it will not be a failure */
    char *accelerator; /* "kvm", "tcg"; NULL for host compatibility */
    int64_t vcpu_count, mem_mib, ttl_seconds;
    enum network_policy network_policy;
    char *network_error;                 /* why its network is down; NULL: it is up */
    double created_at, last_activity_at; /* epoch seconds */
    double expires_at;                   /* 0: never */
    int64_t command_count, shell_count;
    int64_t service_count, running_service_count;
    json_t *last_command;   /* {command, exit_code} or NULL */
    json_t *workspace_seed; /* {mode, seed_path, entry_count, bytes_written}; NULL: empty */
    json_t *secrets;        /* [{name, source_kind}]; NULL: none. Their values: engine/secret */
    int64_t reset_count;
    double last_reset_at; /* 0: never */
    char *last_error;     /* NULL: none */
    /* A constant: why a started machine is paused; NULL: it is not. */
    const char *paused_reason;
    pid_t vm_pid; /* 0: none */
    uint64_t vm_start_time;
    bool broken; /* workspace.json could not be read: only id, state and last_error hold */
    bool newer;  /* … because a newer pyro wrote it */
};

/* A member is declared here and by a row in record.c; storing, showing and documenting it follow
 * from that row. */
extern const struct row_spec workspace_rows[];
extern const char *const execution_modes[]; /* by host_compat */
extern const char *const accelerators[];

const char *workspace_state_name(enum workspace_state state);
/* A record with a new random id and nothing else. */
void record_init(struct workspace_record *r);
void record_release(struct workspace_record *r);
#define scoped_record __attribute__((cleanup(record_release)))
/* Reads dirfd's record; `id` is the directory's name, and must agree. */
bool record_load(int dirfd, const char *id, struct workspace_record *ret,
                 struct pyro_error *err) MUST_CHECK;
/* The content of one of its files, unchecked; the caller's. */
json_t *record_read(int dirfd, const char *file, struct pyro_error *err) MUST_CHECK;
/* The same as record_load(), but a record that cannot be used comes back as a failed workspace that
 * says why. */
void record_load_any(int dirfd, const char *id, struct workspace_record *ret);
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
/* The workspace object as users see it. */
json_t *record_to_view(const struct workspace_record *r);

void record_set_string(char **field, const char *value);

#endif
