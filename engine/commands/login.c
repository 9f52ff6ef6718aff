/* engine/commands/login.c: a login for a registry, tried and kept. */
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/password.h"
#include "engine/cmd/text.h"
#include "engine/commands/table.h"
#include "engine/registry/reference.h"
#include "engine/registry/sign_in.h"
#include "vmm/base/fs.h"

struct login_args {
    const char *registry, *username, *ca_file;
};

static const struct arg_spec login_rows[] = {
    ARG_WORD(login_args, registry, .metavar = "REGISTRY",
             .help = "Its host, with its port if it has one of its own: docker.io, ghcr.io"),
    ARG_STR(login_args, username, .metavar = "USER",
            .help = "Asked for at a terminal when it is not given"),
    ARG_STR(login_args, ca_file, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "Certificates to trust the registry by as well, in PEM"),
    ARG_END,
};

static bool read_login(const struct login_args *a, const char *host, const struct cmd_io *io,
                       struct credentials *ret, struct pyro_error *err)
{
    scoped_buf name = BUF_INIT(PASSWORD_BYTES_MAX), password = BUF_INIT(PASSWORD_BYTES_MAX);
    scoped_free char *prompt = str_printf("Password for %s: ", host);

    if (a->username ? !buf_append_str(&name, a->username)
                    : !password_ask_name(io, "User name: ", &name, err))
        return false;
    if (!name.len || memchr(name.data, ':', name.len))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "a user name is not empty, and has no ':' in it");
    if (!password_read(io, prompt, &password, err))
        return false;
    ret->user = str_printf("%s", name.data);
    ret->password = str_printf("%s", password.data);
    explicit_bzero(password.data, password.len);
    return true;
}

static json_t *login_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct login_args *a = args;
    char host[REFERENCE_NAME_MAX + 1];
    scoped_credentials login = { 0 };
    scoped_signed_in done = { 0 };

    if (!reference_parse_host(a->registry, host, err) || !read_login(a, host, io, &login, err) ||
        !registry_sign_in(host, &login, a->ca_file, &io->progress, &done, err))
        return NULL;
    if (!done.was_asked)
        progress_note(&io->progress,
                      "the registry asks nobody for a login: this one was not tried");
    if (done.is_plain && !reference_host_is_loopback(host))
        progress_note(&io->progress,
                      "the password went there by http: the network between could read it");
    return json_pack("{s:s, s:s}", "registry", host, "where", done.where);
}

static void login_print(const json_t *result, FILE *out)
{
    fputs("Signed in to ", out);
    text_print(out, json_string_or(result, "registry", ""));
    fputs("; the login is kept by ", out);
    text_print(out, json_string_or(result, "where", ""));
    fputc('\n', out);
}

const struct cmd_spec cmd_login = {
    .path = "login",
    .summary = "Sign in to a registry, and keep the login for pulls",
    .details =
        "The password is asked for at a terminal, and otherwise read from standard input. A login "
        "that the registry takes is kept where docker and podman keep theirs, by the program that "
        "their files name if they name one; theirs work here as well.",
    .example = "pyro login registry.example.com --username me <password.txt",
    .traits = CMD_INTERACTIVE,
    .args = login_rows,
    .args_size = sizeof(struct login_args),
    .run = login_run,
    .print = login_print,
};
