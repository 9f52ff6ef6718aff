/* tests/vm/guest_seal.c: makes what is on a running workspace's disk its baseline, as the end of
 * seeding does. Usage: guest_seal WORKSPACE */
#include <stdio.h>

#include "engine/client/handle.h"
#include "engine/disk/snapshot.h"

int main(int argc, char **argv)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct pyro_error err = { 0 };

    if (argc == 2 && workspace_open(argv[1], &o, &err) && workspace_seal_baseline(&o, &err))
        return 0;
    fprintf(stderr, "guest_seal: %s\n", err.message);
    return 1;
}
