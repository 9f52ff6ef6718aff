/*
 * tests/tui/driver.c: drives a program on a terminal of its own, for scripts.
 *
 *   driver serve SOCKET COLS ROWS PROGRAM ARG…   starts it; a process in the background keeps it
 *   driver SOCKET COMMAND ARG…                   one of the commands below; exits with 0 when it
 * did what was asked
 *
 * A command is sent as its words, each ended by a NUL; the answer is a digit, the exit status, and
 * text for standard output. While nobody asks the program's output is taken all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tui/terminal.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define WORDS_MAX 256
#define REQUEST_MAX (16 << 20)

static struct terminal terminal;
static bool running = true;

/* Appends to the answer. */
static struct buf answer;
#define SAY(...) BUG_ON(!buf_printf(&answer, __VA_ARGS__))

static int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

static void pump(int timeout_ms)
{
    running = terminal_pump(&terminal, timeout_ms);
}

/* ---- commands; each gets the words after its name ---- */

static bool do_keys(char **words)
{
    for (; *words; words++)
        terminal_key(&terminal, *words);
    return true;
}

static bool do_type(char **words)
{
    terminal_type(&terminal, words[0], strlen(words[0]));
    return true;
}

static bool do_paste(char **words)
{
    terminal_paste(&terminal, words[0]);
    return true;
}

/* mouse BUTTON COL ROW press|release|click|double */
static bool do_mouse(char **words)
{
    int button = number(words[0]), col = number(words[1]), row = number(words[2]);
    bool ok = true;

    /* Two clicks are only a double click when they come together, however slow the machine is. */
    for (int left = strcmp(words[3], "double") == 0 ? 2 : 1; ok && left; left--) {
        if (strcmp(words[3], "release") != 0)
            ok = terminal_mouse(&terminal, button, col, row, true);
        if (ok && strcmp(words[3], "press") != 0)
            ok = terminal_mouse(&terminal, button, col, row, false);
    }
    if (!ok)
        SAY("the program wants no mouse\n");
    return ok;
}

static bool wait_for(char **words, bool wanted)
{
    int64_t deadline_ms = clock_ms() + 1000ll * number(words[0]);
    regex_t pattern;
    bool is;

    if (regcomp(&pattern, words[1], REG_EXTENDED | REG_NOSUB) != 0) {
        SAY("'%s' is not a regular expression\n", words[1]);
        return false;
    }
    while ((is = terminal_shows(&terminal, &pattern, NULL)) != wanted && running &&
           clock_ms() < deadline_ms)
        pump(100);
    if (is != wanted) {
        SAY("%s: %s\n", wanted ? "never shown" : "always shown", words[1]);
        terminal_text(&terminal, &answer);
    }
    regfree(&pattern);
    return is == wanted;
}

static bool do_wait(char **words)
{
    return wait_for(words, true);
}

static bool do_gone(char **words)
{
    return wait_for(words, false);
}

/* shows PATTERN: at once; says the row, from 1 */
static bool do_shows(char **words)
{
    regex_t pattern;
    int row;
    bool ok = regcomp(&pattern, words[0], REG_EXTENDED | REG_NOSUB) == 0;

    if (!ok)
        return false;
    ok = terminal_shows(&terminal, &pattern, &row);
    regfree(&pattern);
    if (ok)
        SAY("%d\n", row + 1);
    return ok;
}

static bool do_text(char **words UNUSED)
{
    terminal_text(&terminal, &answer);
    return true;
}

static bool do_attributes(char **words UNUSED)
{
    terminal_attributes(&terminal, &answer);
    return true;
}

static bool do_svg(char **words)
{
    terminal_svg(&terminal, words[0], &answer);
    return true;
}

/* cursor: "ROW COL visible|hidden SHAPE", from 1 */
static bool do_cursor(char **words UNUSED)
{
    static const char *const shapes[] = { "none", "block", "underline", "bar" };

    SAY("%d %d %s %s\n", terminal.cursor.row + 1, terminal.cursor.col + 1,
        terminal.cursor_visible ? "visible" : "hidden", shapes[terminal.cursor_shape & 3]);
    return true;
}

static bool do_clipboard(char **words UNUSED)
{
    return !terminal.clipboard.len ||
           buf_append(&answer, terminal.clipboard.data, terminal.clipboard.len);
}

static bool do_heard(char **words UNUSED)
{
    return !terminal.heard.len || buf_append(&answer, terminal.heard.data, terminal.heard.len);
}

static bool do_mode(char **words)
{
    return terminal_mode_is_set(&terminal, number(words[0]));
}

static bool do_resize(char **words)
{
    terminal_resize(&terminal, number(words[0]), number(words[1]));
    return true;
}

static bool do_pid(char **words UNUSED)
{
    SAY("%d\n", (int)terminal.pid);
    return true;
}

static bool do_hangup(char **words UNUSED)
{
    terminal_hang_up(&terminal);
    return true;
}

/* ended SECONDS: waits for the end; says "exit N" or "signal N" */
static bool do_ended(char **words)
{
    int64_t deadline_ms = clock_ms() + 1000ll * number(words[0]);

    while (running && clock_ms() < deadline_ms)
        pump(100);
    if (running) {
        SAY("it has not ended\n");
        terminal_text(&terminal, &answer);
        return false;
    }
    if (WIFSIGNALED(terminal.status))
        SAY("signal %d\n", WTERMSIG(terminal.status));
    else
        SAY("exit %d\n", WEXITSTATUS(terminal.status));
    return true;
}

static bool do_restored(char **words UNUSED)
{
    return terminal_is_restored(&terminal, &answer);
}

static bool do_quit(char **words UNUSED)
{
    return true;
}

static const struct {
    const char *name;
    int words;
    bool (*run)(char **words);
} commands[] = {
    { "keys", -1, do_keys },    { "type", 1, do_type },     { "paste", 1, do_paste },
    { "mouse", 4, do_mouse },   { "wait", 2, do_wait },     { "gone", 2, do_gone },
    { "shows", 1, do_shows },   { "text", 0, do_text },     { "attributes", 0, do_attributes },
    { "svg", 1, do_svg },       { "cursor", 0, do_cursor }, { "clipboard", 0, do_clipboard },
    { "mode", 1, do_mode },     { "resize", 2, do_resize }, { "pid", 0, do_pid },
    { "hangup", 0, do_hangup }, { "ended", 1, do_ended },   { "restored", 0, do_restored },
    { "heard", 0, do_heard },   { "quit", 0, do_quit },
};

static bool run_command(char **words, int count)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (strcmp(commands[i].name, words[0]) != 0)
            continue;
        if (commands[i].words >= 0 && commands[i].words != count - 1)
            break;
        return commands[i].run(words + 1);
    }
    SAY("driver: '%s' is not a command, or not with %d words\n", words[0], count - 1);
    return false;
}

/* ---- serving ---- */

/* One command on a connection; false: it was the last. */
static bool serve_one(int fd)
{
    static struct buf request = BUF_INIT(REQUEST_MAX);
    char chunk[65536], *words[WORDS_MAX + 1], status;
    int count = 0;
    ssize_t n;

    buf_clear(&request);
    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        BUG_ON(!buf_append(&request, chunk, (size_t)n));
    for (char *at = request.data; at && at < request.data + request.len && count < WORDS_MAX;
         at += strlen(at) + 1)
        words[count++] = at;
    words[count] = NULL;
    if (!count)
        return true;
    while (running && terminal.typed.len) /* what was typed before has been taken */
        pump(20);
    buf_clear(&answer);
    status = run_command(words, count) ? '0' : '1';
    if (write(fd, &status, 1) == 1 && answer.len &&
        !fs_write_all(fd, answer.data, answer.len, NULL))
        return true; /* who asked is gone */
    return strcmp(words[0], "quit") != 0;
}

static int serve(int listen_fd)
{
    for (;;) {
        struct pollfd fds[] = { { .fd = listen_fd, .events = POLLIN },
                                { .fd = running ? terminal.master : -1, .events = POLLIN },
                                { .fd = terminal.pid ? terminal.pidfd : -1, .events = POLLIN } };
        int fd;
        if (running && terminal.typed.len)
            fds[1].events |= POLLOUT;
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            return 1;
        if (fds[1].revents || fds[2].revents)
            pump(0);
        if (!fds[0].revents || (fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) < 0)
            continue;
        if (!serve_one(fd)) {
            close(fd);
            return 0;
        }
        close(fd);
    }
}

static int open_directory(const char *socket_path, const char **ret_name)
{
    static char dir_copy[4096], name_copy[4096];

    snprintf(dir_copy, sizeof(dir_copy), "%s", socket_path);
    snprintf(name_copy, sizeof(name_copy), "%s", socket_path);
    *ret_name = basename(name_copy);
    return open(dirname(dir_copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int start_serving(int argc, char **argv)
{
    struct pyro_error err = { 0 };
    const char *name;
    int dir = open_directory(argv[2], &name), listen_fd, null_fd, status;

    if (argc < 6 || dir < 0 || (listen_fd = sock_listen_at(dir, name, &err)) < 0)
        return 2;
    if (fork())
        return 0;
    setsid();
    signal(SIGPIPE, SIG_IGN);
    null_fd = open("/dev/null", O_RDWR);
    if (dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0 || dup2(null_fd, 2) < 0)
        return 2;
    buf_init(&answer, 64 << 20);
    if (!terminal_start(&terminal, number(argv[3]), number(argv[4]),
                        (const char *const *)(argv + 5)))
        return 2;
    status = serve(listen_fd);
    terminal_release(&terminal);
    unlinkat(dir, name, 0); /* last: once it is gone, the next driver may start */
    return status;
}

static int ask(int argc, char **argv)
{
    struct pyro_error err = { 0 };
    const char *name;
    char status = '2', chunk[65536];
    int dir = open_directory(argv[1], &name);
    int fd = dir < 0 ? -1 : sock_connect_at(dir, name, &err);
    ssize_t n;

    if (fd < 0) {
        fprintf(stderr, "driver: %s\n", err.message);
        return 2;
    }
    for (int i = 2; i < argc; i++)
        if (!fs_write_all(fd, argv[i], strlen(argv[i]) + 1, &err))
            return 2;
    shutdown(fd, SHUT_WR);
    if (read(fd, &status, 1) != 1)
        return 2;
    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        if (!fs_write_all(1, chunk, (size_t)n, &err))
            return 2;
    return status - '0';
}

int main(int argc, char **argv)
{
    if (argc >= 3 && !strcmp(argv[1], "serve"))
        return start_serving(argc, argv);
    if (argc >= 3)
        return ask(argc, argv);
    fprintf(stderr,
            "usage: driver serve SOCKET COLS ROWS PROGRAM ARG… | driver SOCKET COMMAND …\n");
    return 2;
}
