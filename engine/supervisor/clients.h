/* Connections of other pyro processes of the same user. */
#ifndef PYRO_SUPERVISOR_CLIENTS_H
#define PYRO_SUPERVISOR_CLIENTS_H

#include "engine/supervisor/supervisor.h"

bool clients_listen(struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* Whether there is one for whom the machine must not be suspended. */
bool clients_are_present(const struct supervisor *s);
/* From here on no new one comes, and those that were connecting are there; and the way back. */
void clients_shut(struct supervisor *s);
void clients_open(struct supervisor *s);
/* Whether their requests wait: the guest can take none for a moment. */
void clients_pause(struct supervisor *s, bool paused);
/* Sends out what they were answered, and closes. */
void clients_finish(struct supervisor *s);

#endif
