/* Who calls this program's commands: one of timeline_callers, for the timeline. */
#ifndef PYRO_CALLER_H
#define PYRO_CALLER_H

#define CALLER_VARIABLE "PYRO_CALLER" /* to the commands that the interface runs */

/* A constant, for the rest of this process and its forks. */
void caller_set(const char *who);
/* A constant; "cli" unless it was set. */
const char *caller_name(void);

#endif
