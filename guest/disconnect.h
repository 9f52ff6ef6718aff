/* Ends the connections that a machine has when it goes on from a captured memory: their other ends
 * are another machine's, or gone. */
#ifndef PYRO_GUEST_DISCONNECT_H
#define PYRO_GUEST_DISCONNECT_H

/* Every TCP connection of this network namespace that leads out of the machine; its processes get an
 * error, at once or within seconds. Failures go to the console. */
void disconnect_all(void);

#endif
