/*
 * The files of a service, in its workspace's services/NAME/ directory, written by the supervisor,
 * read by anyone:
 *
 *   record.json      state, times, how it ended, and the offsets of the oldest bytes kept
 *   stdout.log       its output, and stderr.log; like shells' logs they only grow, and beyond their
 *                    cap the head is punched out after the new first offset was published
 *   stdout.events    notes of the log's writer; also stderr.events
 *   stdout.marks     where the last secret was taken out (guest_log.h), only in a workspace that
 *                    has any; also stderr.marks
 *   previous/        the same of the previous run
 */
#ifndef PYRO_SERVICE_FILES_H
#define PYRO_SERVICE_FILES_H

#include <sys/types.h>

#include "engine/state/record.h"
#include "vmm/base/rows.h"

#define SERVICES_DIR "services"
#define SERVICE_NAME_MAX 64
#define SERVICE_PORTS_MAX 64
#define SERVICE_PORT_MAX 65535

enum service_state {
    SERVICE_STARTING,
    SERVICE_RUNNING,
    SERVICE_STOPPED, /* it, or its workspace, was asked to end */
    SERVICE_EXITED,  /* it ended by itself */
    SERVICE_FAILED   /* it never got ready, ran out of memory, or its VM was lost */
};

enum service_output { SERVICE_STDOUT, SERVICE_STDERR };

struct service_record {
    char name[SERVICE_NAME_MAX + 1];
    enum service_state state;
    bool host_compat;
    json_t *command; /* array of strings */
    char *cwd;
    json_t *readiness;                     /* as service_start_spec; NULL: none */
    json_t *published;                     /* array of {host_port, guest_port} */
    double started_at, ready_at, ended_at; /* epoch seconds; 0: not yet */
    int exit_code;                         /* -1: not known, or it runs */
    pid_t pid;                             /* in the guest; 0: not known */
    char *stop_reason;                     /* NULL while it runs, unless it is being ended */
    uint64_t first[2];                     /* of each output: offset of the oldest byte kept */
};

extern const struct row_spec service_readiness_rows[], service_published_rows[];
json_t *service_show_readiness(const void *record);
json_t *service_show_pid(const void *record);
json_t *service_show_published(const void *record);
bool service_load_published(void *field, const json_t *value, struct pyro_error *err);

/* A member is declared above and by a row here; storing, showing and documenting it follow from
 * that row. For use inside a table of rows. */
#define SERVICE_ROWS                                                                               \
    RES_STR("workspace_id"),                                                                       \
        ROW_TEXT(service_record, name, .shown = "service_name", .where = ROW_SHOWN),               \
        ROW_STRINGS(service_record, command, .required = true, .min = 1),                          \
        ROW_TEXT(service_record, cwd, .required = true),                                           \
        ROW_CHOICE(service_record, state, service_state_names, .required = true),                  \
        ROW_NUM(service_record, started_at), ROW_NUM(service_record, ready_at, .nullable = true),  \
        ROW_NUM(service_record, ended_at, .nullable = true),                                       \
        ROW_INT(service_record, exit_code, .required = true, .min = -1, .max = 255, .def = -1,     \
                .nullable = true, .help = "128+N when signal N ended it"),                         \
        ROW_INT(service_record, pid, .required = true, .nullable = true, .show = service_show_pid, \
                .help = "In the guest, while it runs"),                                            \
        ROW_OBJECT(service_record, readiness, service_readiness_rows, .nullable = true,            \
                   .show = service_show_readiness),                                                \
        ROW_TEXT(service_record, stop_reason, .nullable = true,                                    \
                 .help = "Why it no longer runs, or is being ended"),                              \
        ROW_CHOICE(service_record, host_compat, execution_modes, .shown = "execution_mode"),       \
        ROW_OBJECTS(service_record, published, service_published_rows, .shown = "published_ports", \
                    .load = service_load_published, .show = service_show_published),               \
        ROW_INT(service_record, first[SERVICE_STDOUT], .kept = "stdout_first", .required = true,   \
                .where = ROW_KEPT),                                                                \
        ROW_INT(service_record, first[SERVICE_STDERR], .kept = "stderr_first", .required = true,   \
                .where = ROW_KEPT)

/* The service object alone. */
extern const struct row_spec service_rows[];

const char *service_state_name(enum service_state state);
extern const char *const service_state_names[]; /* NULL-terminated */
const char *service_output_name(enum service_output output);
bool service_is_live(const struct service_record *r);
void service_record_release(struct service_record *r);
#define scoped_service_record __attribute__((cleanup(service_record_release)))
/* PYRO_SERVICE_NOT_FOUND when there is no such service. */
bool service_record_load(int workspace_fd, const char *name, struct service_record *ret,
                         struct pyro_error *err) MUST_CHECK;
bool service_record_save(int workspace_fd, const struct service_record *r,
                         struct pyro_error *err) MUST_CHECK;
/* Checks a list of published ports, an array of {host_port, guest_port}; `opened`: its host ports
 * are known, else 0 means a free one. */
bool service_publish_check(const json_t *list, bool opened, struct pyro_error *err) MUST_CHECK;
/* The service object as users see it. */
json_t *service_record_to_view(const struct service_record *r, const char *workspace_id);
/* Calls fn for each service by name; the record is borrowed. */
typedef void service_each_fn(void *arg, const struct service_record *r);
bool service_each(int workspace_fd, service_each_fn *fn, void *arg,
                  struct pyro_error *err) MUST_CHECK;
/* Makes an empty directory for a new run; the files of the last one become its previous/. */
bool service_make_room(int workspace_fd, const char *name, struct pyro_error *err) MUST_CHECK;
/* Opens services/NAME/OUTPUT.SUFFIX ("log", "events"); -1 on failure. */
int service_open_file(int workspace_fd, const char *name, enum service_output output,
                      const char *suffix, int flags, struct pyro_error *err) MUST_CHECK;

#endif
