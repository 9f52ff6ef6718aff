/* Telling the service manager that started this process how it is: sd_notify(3). */
#ifndef PYRO_NOTIFY_H
#define PYRO_NOTIFY_H

/* `state` as sd_notify(3) has it: "READY=1". Nothing when no manager listens (NOTIFY_SOCKET). */
void service_notify(const char *state);

#endif
