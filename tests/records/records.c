/*
 * tests/records/records.c: `records STOPPED STARTED` writes that many workspace records, and what a
 * list looks at beside them, where pyro keeps them. It says "ready" when all are there and holds the
 * locks of the started ones, as their supervisors would, until its input ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/records/write.h"

int main(int argc, char **argv)
{
    unsigned stopped = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    unsigned started = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    struct records records;
    struct pyro_error err = { 0 };
    char byte;

    if ((!stopped && !started) || started > RECORDS_STARTED_MAX)
        return 2;
    if (!records_write(stopped, started, &records, &err)) {
        fprintf(stderr, "records: %s\n", err.message);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    records_release(&records);
    return 0;
}
