/* engine/registry/credential_helper.c: one program run, what it needs on its standard input. */
#include "engine/registry/credential_helper.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"

#define LIMIT_MS 10000
#define ANSWER_BYTES_MAX (64 * 1024)
#define NOT_FOUND "credentials not found in native keychain"

static bool run(const char *name, const char *verb, const char *input, struct buf *ret,
                struct pyro_error *err)
{
    scoped_free char *program = str_printf("docker-credential-%s", name);
    const char *const argv[] = { program, verb, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_close int fd = memfd_create("request", MFD_CLOEXEC);

    if (fd < 0 || !fs_write_all(fd, input, strlen(input), err) || lseek(fd, 0, SEEK_SET) != 0)
        return pyro_fail_errno(err, "run %s", program);
    spec.stdin_fd = fd;
    spec.inherit = INHERIT_PERSON | INHERIT_KEYS;
    if (proc_run(&spec, patience(LIMIT_MS), ret, err))
        return true;
    pyro_hint(err, "a file of credentials of docker or podman names this program");
    return false;
}

bool credential_helper_get(const char *name, const char *key, struct credentials *ret,
                           bool *ret_found, struct pyro_error *err)
{
    scoped_buf answer = BUF_INIT(ANSWER_BYTES_MAX);
    struct pyro_error why = { 0 };
    scoped_json json_t *object = NULL;
    const char *user, *secret;
    bool ok = run(name, "get", key, &answer, &why);

    *ret_found = false;
    if (!ok && why.code != PYRO_DEPENDENCY_MISSING && answer.len && strstr(answer.data, NOT_FOUND))
        return true;
    if (!ok)
        return pyro_copy(err, &why);
    object = answer.len ? json_parse(answer.data, answer.len, ANSWER_BYTES_MAX, NULL) : NULL;
    user = json_string_or(object, "Username", NULL);
    secret = json_string_or(object, "Secret", NULL);
    if (answer.len)
        explicit_bzero(answer.data, answer.len);
    if (!user || !secret)
        return pyro_fail(err, PYRO_PULL_FAILED,
                         "docker-credential-%s does not give {Username, Secret}", name);
    *ret_found = *user || *secret;
    if (!strcmp(user, "<token>")) {
        ret->identity_token = str_printf("%s", secret);
    } else if (*ret_found) {
        ret->user = str_printf("%s", user);
        ret->password = str_printf("%s", secret);
    }
    return true;
}

bool credential_helper_store(const char *name, const char *key, const struct credentials *c,
                             struct pyro_error *err)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:s}", "ServerURL", key, "Username", c->user, "Secret", c->password);
    scoped_free char *text = request ? json_compact(request) : NULL;
    scoped_buf answer = BUF_INIT(ANSWER_BYTES_MAX);
    bool ok = text ? run(name, "store", text, &answer, err) : pyro_no_memory(err, NULL) != NULL;

    if (text)
        explicit_bzero(text, strlen(text));
    return ok;
}

bool credential_helper_erase(const char *name, const char *key, struct pyro_error *err)
{
    scoped_buf answer = BUF_INIT(ANSWER_BYTES_MAX);

    return run(name, "erase", key, &answer, err);
}
