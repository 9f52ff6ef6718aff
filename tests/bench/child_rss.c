/*
 * tests/bench/child_rss.c: child_rss COMMAND [ARGUMENT]…: runs it, drops its output, and prints
 * the largest RSS that it reached, in KiB.
 *
 * A process is born with its parent's high-water mark, and the bench holds megabytes: what it
 * starts itself cannot be told below that. This program is small, so that its children can.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Does not return. */
static void run(char **argv)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
        execvp(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status = 0;
    pid_t pid;

    if (argc < 2) {
        fprintf(stderr, "usage: child_rss COMMAND [ARGUMENT]...\n");
        return 2;
    }
    pid = fork();
    if (pid == 0)
        run(argv + 1);
    if (pid < 0) {
        perror("fork");
        return 1;
    }
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return 1;
    if (status != 0)
        return 1;
    printf("%ld\n", usage.ru_maxrss);
    return 0;
}
