/*
 * Steps between which a machine's state changes hands. A test that wants to hit one of them names it in
 * the file $PYRO_CHECK_STEP: the process that reaches it next stops, as by SIGSTOP, until it is told
 * to go on. Without that variable nothing is done.
 */
#ifndef PYRO_CHECK_STEP_H
#define PYRO_CHECK_STEP_H

void check_step(const char *step);

#endif
