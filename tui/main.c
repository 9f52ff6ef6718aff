/* tui/main.c: pyro's main. It stands in the uppermost room because later commands open the terminal
 * interface; everything else is the command table's. */
#include "engine/cmd/cmd.h"

int main(int argc, char **argv)
{
    return cmd_main(argc, (const char *const *)argv);
}
