/* engine/supervisor/guest_program.c: the carried guest program; the linker makes the symbols from
 * build/pyro-guest. */
#include "engine/supervisor/guest_program.h"

extern const char guest_start[] __asm__("_binary_pyro_guest_start");
extern const char guest_end[] __asm__("_binary_pyro_guest_end");

const void *guest_program(size_t *ret_size_bytes)
{
    *ret_size_bytes = (size_t)(guest_end - guest_start);
    return guest_start;
}
