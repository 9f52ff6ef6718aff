/* What pyro-fetch says to pyro while it works: lines of JSON on its standard output. */
#ifndef PYRO_FETCH_REPORT_H
#define PYRO_FETCH_REPORT_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"

/* {"note": text}: something the user should know although it is not a failure. */
void report_note(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* {"doing": text}: a passing state. */
void report_doing(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* A line of its own; the object is taken. */
bool report_line(json_t *object);

#endif
