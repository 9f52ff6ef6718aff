/* Getting a guest to talk to, and the reason of its end. */
#ifndef PYRO_SUPERVISOR_MACHINE_H
#define PYRO_SUPERVISOR_MACHINE_H

#include "engine/supervisor/supervisor.h"

/* Each leaves s->vm or s->host_pid and s->guest set, not yet ready; `ops` is for that link. */
bool machine_start(struct supervisor *s, const struct link_ops *ops,
                   struct pyro_error *err) MUST_CHECK;
bool machine_adopt(struct supervisor *s, const struct link_ops *ops,
                   struct pyro_error *err) MUST_CHECK;
/* Whether a machine like this one would be a copy of the same template if it was started now. */
bool machine_template_is_current(struct supervisor *s, struct pyro_error *err) MUST_CHECK;

/* The running machine as saved_machine() describes it (vmm/saved.h), as it was written down when it was
 * started; new. NULL: it was not. */
json_t *machine_description(const struct supervisor *s);

#endif
