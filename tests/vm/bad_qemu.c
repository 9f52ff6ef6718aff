/*
 * tests/vm/bad_qemu.c: QEMUs that do not do what a QEMU does, for bad_qemu.sh. Which one it is, is
 * in the program's name:
 *
 *   mute        answers nothing, not even -version
 *   old         is of a version before pyro's time
 *   arguments   refuses its command line
 *   crash       dies of a fault at once
 *   qmp         starts, and never answers on its QMP socket
 *   idle, loop  boots a guest that says a little and then nothing more; asleep, or busy
 *   crash-later dies of a fault while that guest boots
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where vmm/qemu.c puts the listening sockets. */
enum { FD_GUEST = 3, FD_CONSOLE, FD_QMP };

static const char *kind;

static int is(const char *name)
{
    return !strcmp(kind, name);
}

static void crash(void)
{
    volatile uintptr_t nowhere = 8;

    *(volatile int *)nowhere = 1; /* a signal sent to itself does nothing to pid 1 of a namespace */
}

static void rest(void)
{
    for (;;)
        pause();
}

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        _exit(3);
}

/* A connection; its listener is non-blocking. */
static int serve(int listen_fd)
{
    int fd;

    while ((fd = accept(listen_fd, NULL, NULL)) < 0)
        usleep(1000);
    return fd;
}

/* QMP up to its negotiation, and a guest that boots a little. */
static void boot(void)
{
    char command[4096];
    int console, qmp;

    console = serve(FD_CONSOLE);
    qmp = serve(FD_QMP);
    say(qmp, "{\"QMP\": {}}\r\n");
    if (read(qmp, command, sizeof(command)) <= 0)
        _exit(3);
    say(qmp, "{\"return\": {}, \"id\": 1}\r\n");
    say(console,
        "first\r\nsecond\r\n\r\nthird \033[31m\007red\r\nfourth\r\nfifth\r\nclocksource: jiffies");
}

int main(int argc, char **argv)
{
    kind = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    if (is("mute"))
        rest();
    if (argc == 2 && !strcmp(argv[1], "-version")) {
        printf("QEMU emulator version %s\n", is("old") ? "6.2.0 (Ancient 1:6.2)" : "9.9.9");
        return 0;
    }
    if (is("arguments")) {
        say(2, "qemu-system-x86_64: warning: a warning is not a reason\n"
               "qemu-system-x86_64: TCG is \033[1mtired\n"
               "qemu-system-x86_64: unsupported machine type 'microvm'\n");
        return 1;
    }
    if (is("crash"))
        crash();
    if (is("qmp"))
        rest();
    boot();
    if (is("crash-later")) {
        say(2, "qemu-system-x86_64: Assertion failed\n");
        crash();
    }
    while (is("loop"))
        ;
    rest();
}
