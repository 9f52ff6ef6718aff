/* engine/host/probe.c: the requests are in a pipe before the command starts, and their end ends it:
 * what it wrote by then is its answer. */
#include "engine/host/probe.h"

#include <fcntl.h>
#include <string.h>

#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"

#define ANSWER_MS 15000
#define END_MS 5000
#define ANSWERS_BYTES_MAX ((size_t)1024 * 1024)
#define WORDS_MAX 64

const char *const probe_states[] = { "connected",     "failed",        "off",
                                     "not_connected", "not_installed", NULL };

static const char requests[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
    "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"pyro host doctor\","
    "\"version\":\"" PYRO_VERSION "\"}}}\n"
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}\n";

/* A pipe with the requests in it, and nothing behind them; -1 on failure. */
static int open_requests(struct pyro_error *err)
{
    int ends[2];
    bool ok;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        pyro_fail_errno(err, "pipe");
        return -1;
    }
    ok = fs_write_all(ends[1], requests, strlen(requests), err);
    close(ends[1]);
    if (!ok)
        close(take_fd(&ends[0]));
    return ends[0];
}

/* NAME=VALUE of each, NULL-terminated; the texts to be freed with the list. */
static char **variables(const json_t *env)
{
    char **set = calloc(json_object_size(env) + 1, sizeof(*set));
    const char *name;
    size_t n = 0;
    json_t *value;

    BUG_ON(!set);
    json_object_foreach ((json_t *)(uintptr_t)env, name, value)
        if (json_is_string(value))
            set[n++] = str_printf("%s=%s", name, json_string_value(value));
    return set;
}

static bool run(const struct agent_entry *entry, struct buf *ret_out, struct pyro_error *err)
{
    const char *argv[WORDS_MAX + 1] = { 0 };
    scoped_close int in = open_requests(err);
    struct proc_spec spec = proc_spec_of(argv);
    char **set;
    bool ok;

    if (!entry->command)
        return pyro_fail(err, PYRO_RECORD_INVALID, "its entry '" AGENT_ENTRY "' starts no program");
    if (in < 0)
        return false;
    for (size_t i = 0; i < json_array_size(entry->command) && i < WORDS_MAX; i++)
        argv[i] = json_string_value(json_array_get(entry->command, i));
    set = variables(entry->env);
    spec.set = (const char *const *)set;
    spec.inherit = INHERIT_PYRO | INHERIT_PERSON;
    spec.stdin_fd = in;
    proc_adopt_orphans();
    ok = proc_run(&spec, patience(ANSWER_MS), ret_out, err);
    if (!ok)
        proc_end_children(patience_until(END_MS));
    for (char **one = set; *one; one++)
        free(*one);
    free(set);
    return ok;
}

/* The result of the answer to this request among the lines; NULL: there is none. */
static json_t *answer_to(const struct buf *lines, int id)
{
    const char *at = lines->data, *end = at + lines->len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((newline ? newline : end) - at);
        scoped_json json_t *one = json_parse(at, n, ANSWERS_BYTES_MAX, NULL);

        if (json_int_or(one, "id", 0) == id)
            return json_incref(json_object_get(one, "result"));
        at += n + 1;
    }
    return NULL;
}

static bool take_answers(const struct buf *lines, struct probe *ret, struct pyro_error *err)
{
    scoped_json json_t *hello = answer_to(lines, 1), *list = answer_to(lines, 2);
    const json_t *server = json_object_get(hello, "serverInfo");
    const json_t *tools = json_object_get(list, "tools");
    const char *name = json_string_or(server, "name", "");

    if (!hello || !json_is_array(tools))
        return pyro_fail(err, PYRO_IO, "it started, and did not answer as a server of tools does");
    if (strcmp(name, "pyro") != 0)
        return pyro_fail(err, PYRO_IO, "what it starts is not pyro, but '%s'", name);
    ret->version = str_printf("%s", json_string_or(server, "version", ""));
    ret->tools = json_array();
    for (size_t i = 0; i < json_array_size(tools); i++)
        json_array_append(ret->tools, json_object_get(json_array_get(tools, i), "name"));
    if (strcmp(ret->version, PYRO_VERSION) != 0)
        return pyro_fail(err, PYRO_IO, "it starts pyro %s, and this is " PYRO_VERSION,
                         ret->version);
    return true;
}

static void fail(const struct agent *a, struct probe *ret, bool has_entry,
                 const struct pyro_error *why)
{
    ret->state = "failed";
    ret->problem = str_printf("%s", why->message);
    ret->action =
        has_entry ? str_printf("'pyro host connect %s' writes the entry again", a->name)
                  : str_printf("'pyro host print-config %s' prints what the file needs", a->name);
}

void agent_probe(const struct agent *a, struct probe *ret)
{
    scoped_agent_entry entry = { 0 };
    scoped_buf out = BUF_INIT(ANSWERS_BYTES_MAX);
    bool is_there = agent_is_installed(a);
    struct pyro_error why = { 0 };
    int64_t begin;

    *ret = (struct probe){ .state = is_there ? "not_connected" : "not_installed" };
    ret->file = agent_file(a, &why);
    if (!ret->file || (!is_there && a->list))
        return;
    if (!agent_read(a, ret->file, &entry, &why)) {
        fail(a, ret, false, &why);
        return;
    }
    if (!entry.is_there) {
        if (is_there)
            ret->action = str_printf("'pyro host connect %s' connects it", a->name);
        return;
    }
    ret->command = json_incref(entry.command);
    begin = clock_ms();
    if (!run(&entry, &out, &why) || !take_answers(&out, ret, &why)) {
        fail(a, ret, true, &why);
        return;
    }
    ret->elapsed_ms = clock_ms() - begin;
    ret->state = entry.is_off ? "off" : "connected";
    if (entry.is_off)
        ret->action = str_printf("switch it on in '%s'", ret->file);
}

void probe_release(struct probe *p)
{
    free(take_ptr(&p->file));
    free(take_ptr(&p->version));
    free(take_ptr(&p->problem));
    free(take_ptr(&p->action));
    json_decref(take_ptr(&p->command));
    json_decref(take_ptr(&p->tools));
}
