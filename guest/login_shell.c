/* guest/login_shell.c: bash, or what a small system has in its place. */
#include "guest/login_shell.h"

#include <string.h>

#include "guest/users.h"

/* The shell that passwd names for the user, if it is one: "" if not. */
static void shell_of_user(const struct guest_user *u, char *ret, size_t size)
{
    struct guest_user root;
    const char *name;

    *ret = '\0';
    if (!u && user_find("0", &root, NULL))
        u = &root;
    if (!u || u->shell[0] != '/')
        return;
    name = strrchr(u->shell, '/') + 1;
    if (strcmp(name, "nologin") != 0 && strcmp(name, "false") != 0)
        snprintf(ret, size, "%s", u->shell);
}

static bool is_missing(enum spawn_result result)
{
    return result == SPAWN_NOT_FOUND || result == SPAWN_NOT_EXECUTABLE;
}

bool login_shell_start(struct child *child, const struct guest *g, struct command *c, int tty_fd,
                       struct pyro_error *err)
{
    const int fds[] = { tty_fd, tty_fd, tty_fd };
    char own[1024], sh[] = "/bin/sh";
    char *const others[] = { own, sh };
    enum spawn_result result = child_start(child, g, c, fds, err);

    if (is_missing(result) && !g->host_dir)
        shell_of_user(c->user, own, sizeof(own));
    for (size_t i = 0; i < ARRAY_SIZE(others) && is_missing(result) && !g->host_dir; i++) {
        if (!*others[i])
            continue;
        c->vector[1] = others[i];
        c->vector[2] = NULL;
        if (!command_set_variable(c, "SHELL", others[i]))
            return pyro_no_memory(err, "shell");
        result = child_start(child, g, c, fds, err);
    }
    if (is_missing(result))
        pyro_fail(err, PYRO_NO_SHELL, "the machine has no shell: no bash, and no /bin/sh");
    return result == SPAWN_OK;
}
