/* tests/unit/inmate.c: the scene of the attacks, and who judges them. */
#include "tests/unit/unit.h"

#include "tests/unit/inmate.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/inmate_attacks.h"
#include "vmm/base/fs.h"

#define USER 1234
#define PATIENCE_MS 60000
#define ESCAPED 'e'
#define REFUSED 'r'

_Noreturn void inmate_attack(unsigned index, const struct inmate_prey *prey)
{
    char answer = inmate_attacks[index].comes_through(prey) ? ESCAPED : REFUSED;

    _exit(write(1, &answer, 1) == 1 ? 0 : 1);
}

struct scene {
    char dir[64], path[96];
    int file_fd;
    struct stat before;
    ssize_t attributes_before;
    struct inmate_prey prey;
};

static void victim_main(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    for (;;)
        pause();
}

static void scene_make(struct scene *s)
{
    int fd;

    snprintf(s->dir, sizeof(s->dir), "/tmp/pyro-inmate-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof(s->path), "%s/image", s->dir);
    fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    assert_int_equal(write(fd, INMATE_CONTENT, strlen(INMATE_CONTENT)), strlen(INMATE_CONTENT));
    close(fd);
    s->file_fd = open(s->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(s->file_fd, &s->before), 0);
    s->attributes_before = flistxattr(s->file_fd, NULL, 0);
    s->prey.file_fd = s->file_fd;
    s->prey.victim = fork();
    if (s->prey.victim == 0)
        victim_main();
}

static void scene_remove(struct scene *s)
{
    kill(s->prey.victim, SIGKILL);
    waitpid(s->prey.victim, NULL, 0);
    close(s->file_fd);
    unlink(s->path);
    rmdir(s->dir);
}

/* The harm done to the prey; NULL: none. */
static const char *harm_done(const struct scene *s)
{
    char content[64] = "";
    struct stat now;

    if (waitpid(s->prey.victim, NULL, WNOHANG) != 0)
        return "the victim is dead";
    if (fstat(s->file_fd, &now) != 0 || now.st_nlink != s->before.st_nlink)
        return "the file has another name";
    if (now.st_size != s->before.st_size ||
        pread(s->file_fd, content, sizeof(content) - 1, 0) != now.st_size ||
        strcmp(content, INMATE_CONTENT) != 0)
        return "the file has changed";
    if (now.st_mode != s->before.st_mode || flistxattr(s->file_fd, NULL, 0) != s->attributes_before)
        return "the file's mode or attributes have changed";
    if (memcmp(&now.st_mtim, &s->before.st_mtim, sizeof(now.st_mtim)) != 0)
        return "the file's times have changed";
    return NULL;
}

static bool is_harmless(const struct inmate_jail *jail, const char *name)
{
    for (const char *const *h = jail->harmless; h && *h; h++)
        if (!strcmp(*h, name))
            return true;
    return false;
}

/* One attack; what speaks against the jail, or NULL. */
static const char *try_attack(const struct inmate_jail *jail, const struct scene *s, unsigned index)
{
    struct pollfd p = { .events = POLLIN };
    int ends[2], status = 0;
    char answer = '\0';
    pid_t pid = 0;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (!jail->start(index, &s->prey, s->path, ends[1], &pid)) {
        close(ends[0]), close(ends[1]);
        return "the jail did not start";
    }
    close(ends[1]);
    p.fd = ends[0];
    if (poll(&p, 1, PATIENCE_MS) <= 0 || read(ends[0], &answer, 1) < 0)
        answer = '\0';
    close(ends[0]);
    if (!answer)
        kill(pid, SIGKILL); /* if it has not been killed for its attempt */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (harm_done(s))
        return harm_done(s);
    if (answer == ESCAPED && !is_harmless(jail, inmate_attacks[index].name))
        return "was let through";
    if (!answer && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
        return "there was no answer";
    return NULL;
}

bool inmate_check(const struct inmate_jail *jail, struct buf *ret)
{
    struct scene s;

    scene_make(&s);
    for (unsigned i = 0; i < inmate_attack_count; i++) {
        const char *why = try_attack(jail, &s, i);
        if (!why)
            continue;
        assert_true(buf_printf(ret, "%s, uid %u: %s: %s\n", jail->name, (unsigned)geteuid(),
                               inmate_attacks[i].name, why));
        scene_remove(&s);
        scene_make(&s);
    }
    scene_remove(&s);
    return ret->len == 0;
}

static bool check_as_user(const struct inmate_jail *jail)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        scoped_buf escapes = BUF_INIT(65536);
        if (setresgid(USER, USER, USER) != 0 || setresuid(USER, USER, USER) != 0)
            _exit(2);
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as after an exec: else /proc/self is root's */
        if (inmate_check(jail, &escapes))
            _exit(0);
        fprintf(stderr, "%s", escapes.data);
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void inmate_assert_held(const struct inmate_jail *jail)
{
    scoped_buf escapes = BUF_INIT(65536);
    bool held = inmate_check(jail, &escapes);

    if (!held)
        print_error("%s", escapes.data);
    if (geteuid() == 0)
        held = check_as_user(jail) && held;
    assert_true(held);
}
