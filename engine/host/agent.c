/* engine/host/agent.c: the agents' own commands and files, as their documents have them. */
#include "engine/host/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/host/jsonc.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"

#define RUN_MS 60000
#define END_MS 5000
#define WORDS_MAX 40
#define OUTPUT_BYTES_MAX (1024 * 1024)

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct agent claude_code = {
    .name = "claude-code",
    .program = "claude",
    .variable = "CLAUDE_CONFIG_DIR",
    .directory = ".",
    .files = WORDS(".claude.json"),
    .format = "json",
    .member = "mcpServers",
    .type = "stdio",
    .add = WORDS("mcp", "add", "--scope", "user", AGENT_ENTRY, "--"),
    .remove = WORDS("mcp", "remove", "--scope", "user", AGENT_ENTRY),
};

static const struct agent codex = {
    .name = "codex",
    .program = "codex",
    .variable = "CODEX_HOME",
    .directory = ".codex",
    .files = WORDS("config.toml"),
    .format = "toml",
    .member = "mcp_servers",
    .add = WORDS("mcp", "add", AGENT_ENTRY, "--"),
    .list = WORDS("mcp", "list", "--json"),
};

static const struct agent gemini = {
    .name = "gemini",
    .program = "gemini",
    .variable = "GEMINI_CLI_HOME",
    .directory = ".",
    .files = WORDS(".gemini/settings.json"),
    .format = "jsonc",
    .member = "mcpServers",
    .add = WORDS("mcp", "add", "--scope", "user", AGENT_ENTRY),
};

static const struct agent opencode = {
    .name = "opencode",
    .program = "opencode",
    .variable = "XDG_CONFIG_HOME",
    .directory = ".config",
    .files = WORDS("opencode/opencode.json", "opencode/opencode.jsonc"),
    .format = "jsonc",
    .member = "mcp",
    .one_list = true,
    .type = "local",
    .add = WORDS("mcp", "add", AGENT_ENTRY, "--"),
};

const char *const agent_formats[] = { "json", "jsonc", "toml", NULL };
const char *const agent_names[] = { "claude-code", "codex", "gemini", "opencode", NULL };
const struct agent *const agents[] = { &claude_code, &codex, &gemini, &opencode, NULL };

const struct agent *agent_find(const char *name)
{
    for (const struct agent *const *a = agents; *a; a++)
        if (!strcmp((*a)->name, name))
            return *a;
    return NULL;
}

bool agent_is_installed(const struct agent *a)
{
    return proc_in_path(a->program, "");
}

char *agent_file(const struct agent *a, struct pyro_error *err)
{
    const char *base = getenv(a->variable), *home = paths_home();
    const char *const *file = a->files;
    bool moved = base && *base;

    if (!moved && !home)
        return pyro_fail(err, PYRO_IO, "there is no home directory to look for %s in", *file);
    for (;; file++) {
        scoped_free char *path = moved ? str_printf("%s/%s", base, *file)
                                 : !strcmp(a->directory, ".")
                                     ? str_printf("%s/%s", home, *file)
                                     : str_printf("%s/%s/%s", home, a->directory, *file);
        struct stat st;

        if (!file[1] || lstat(path, &st) == 0)
            return take_ptr(&path);
    }
}

bool agent_run(const struct agent *a, const json_t *words, struct buf *ret_out,
               struct pyro_error *err)
{
    const char *argv[WORDS_MAX + 2] = { a->program };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf dropped = BUF_INIT(0);
    sigset_t stops;
    bool ok;

    BUG_ON(json_array_size(words) > WORDS_MAX);
    for (size_t i = 0; i < json_array_size(words); i++)
        argv[1 + i] = json_string_value(json_array_get(words, i));
    spec.inherit = INHERIT_PERSON | INHERIT_AGENT | INHERIT_UMASK;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    spec.stopped_by =
        &stops; /* where they are blocked; a key that interrupts reaches the agent itself */
    proc_adopt_orphans();
    ok = proc_run(&spec, patience(RUN_MS), ret_out ? ret_out : &dropped, err);
    /* The program may be a script around another, which must not write any more. */
    if (!ok)
        proc_end_children(patience_until(END_MS));
    return ok;
}

/* The path of this program: in PATH, if it is there, for that one outlives an upgrade. */
static char *own_path(struct pyro_error *err)
{
    const char *at = getenv("PATH");
    struct stat own, st;
    char self[PATH_MAX];

    if (stat("/proc/self/exe", &own) != 0 || !realpath("/proc/self/exe", self))
        return pyro_fail_errno(err, "the file of this program");
    while (at && *at) {
        int n = (int)strcspn(at, ":");
        scoped_free char *path = str_printf("%.*s/pyro", n, at);

        if (*path == '/' && stat(path, &st) == 0 && st.st_dev == own.st_dev &&
            st.st_ino == own.st_ino)
            return take_ptr(&path);
        at += n + (at[n] == ':');
    }
    return str_printf("%s", self);
}

json_t *agent_command(const char *profile, const char *project, struct pyro_error *err)
{
    scoped_free char *path = own_path(err), *whole = NULL;
    json_t *words = path ? json_pack("[s, s, s]", path, "mcp", "serve") : NULL;

    if (path && !words)
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "the path of this program is not UTF-8");
    if (words && profile) {
        json_array_append_new(words, json_string("--profile"));
        json_array_append_new(words, json_string(profile));
    }
    if (!words || !project)
        return words;
    whole = realpath(project, NULL);
    json_array_append_new(words, json_string("--project-path"));
    if (!whole)
        pyro_fail_errno(err, "--project-path: '%s'", project);
    else if (json_array_append_new(words, json_string(whole)) == 0)
        return words;
    else
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "--project-path: the directory's name is not UTF-8");
    json_decref(words);
    return NULL;
}

static json_t *rest_of(const json_t *words)
{
    json_t *rest = json_array();

    for (size_t i = 1; i < json_array_size(words); i++)
        json_array_append(rest, json_array_get(words, i));
    return rest;
}

/* A JSON string is a TOML string, too, but for DEL. */
static bool toml_value(struct buf *to, const json_t *value)
{
    scoped_free char *text = json_dumps(value, JSON_ENCODE_ANY);

    for (const char *at = text; at && *at; at++)
        if (*at == 0x7f ? !buf_append_str(to, "\\u007f") : !buf_append(to, at, 1))
            return false;
    return text != NULL;
}

char *agent_config(const struct agent *a, const json_t *command)
{
    scoped_json json_t *args = rest_of(command), *whole = NULL;
    scoped_buf text = BUF_INIT(OUTPUT_BYTES_MAX);
    json_t *entry = json_object();
    char *json;

    if (!strcmp(a->format, "toml")) {
        json_decref(entry);
        if (!buf_printf(&text, "[%s.%s]\ncommand = ", a->member, AGENT_ENTRY) ||
            !toml_value(&text, json_array_get(command, 0)) || !buf_append_str(&text, "\nargs = ") ||
            !toml_value(&text, args) || !buf_append_str(&text, "\n"))
            return NULL;
        return buf_take(&text);
    }
    if (a->type)
        json_object_set_new(entry, "type", json_string(a->type));
    if (a->one_list) {
        json_object_set_new(entry, "command", json_deep_copy(command));
    } else {
        json_object_set(entry, "command", json_array_get(command, 0));
        json_object_set(entry, "args", args);
    }
    whole = json_pack("{s:{s:o}}", a->member, AGENT_ENTRY, entry);
    json = json_dumps(whole, JSON_INDENT(2));
    if (!json || !buf_printf(&text, "%s\n", json))
        text.len = 0;
    free(json);
    return buf_take(&text);
}

/* The entry's words as one list; NULL: it has no command. */
static json_t *words_of(const json_t *entry)
{
    const json_t *program = json_object_get(entry, "command");
    const json_t *args = json_object_get(entry, "args");
    scoped_json json_t *words =
        json_is_array(program) ? json_deep_copy(program) : json_pack("[O?]", program);

    for (size_t i = 0; i < json_array_size(args); i++)
        json_array_append(words, json_array_get(args, i));
    for (size_t i = 0; i < json_array_size(words); i++)
        if (!json_is_string(json_array_get(words, i)))
            return NULL;
    return json_array_size(words) && json_array_size(words) <= WORDS_MAX ? take_ptr(&words) : NULL;
}

static void take_entry(const json_t *entry, struct agent_entry *ret)
{
    const json_t *env = json_object_get(entry, "env");

    if (!json_is_object(env))
        env = json_object_get(entry, "environment");
    ret->is_there = entry != NULL;
    ret->is_off = !json_bool_or(entry, "enabled", true);
    ret->command = words_of(entry);
    ret->env = json_is_object(env) ? json_deep_copy(env) : NULL;
}

/* The agent lists its entries, each with its name and its transport. */
static bool ask(const struct agent *a, const char *file, struct agent_entry *ret,
                struct pyro_error *err)
{
    scoped_buf out = BUF_INIT(OUTPUT_BYTES_MAX);
    scoped_json json_t *words = json_array(), *list = NULL;

    for (const char *const *word = a->list; *word; word++)
        json_array_append_new(words, json_string(*word));
    if (!agent_run(a, words, &out, err))
        return pyro_wrap(err, "%s", file);
    list = json_parse(out.data, out.len, OUTPUT_BYTES_MAX, err);
    if (!list)
        return pyro_wrap(err, "the list that %s prints", a->program);
    ret->others = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *name = json_string_or(one, "name", "");

        if (strcmp(name, AGENT_ENTRY) != 0) {
            json_object_set(ret->others, name, json_object_get(one, "transport"));
        } else {
            take_entry(json_object_get(one, "transport"), ret);
            ret->is_off = !json_bool_or(one, "enabled", true);
        }
    }
    return true;
}

static bool find(const struct agent *a, const char *file, const struct buf *text,
                 struct agent_entry *ret, struct pyro_error *err)
{
    scoped_json json_t *whole = jsonc_parse(text->data, text->len, err);

    if (!whole)
        return pyro_wrap(err, "%s", file);
    ret->others = json_deep_copy(json_object_get(whole, a->member));
    take_entry(json_object_get(ret->others, AGENT_ENTRY), ret);
    json_object_del(ret->others, AGENT_ENTRY);
    return true;
}

bool agent_read(const struct agent *a, const char *file, struct agent_entry *ret,
                struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(JSONC_BYTES_MAX);
    struct stat st;

    *ret = (struct agent_entry){ 0 };
    if (lstat(file, &st) != 0 && errno == ENOENT)
        return true;
    if (stat(file, &st) != 0)
        return pyro_fail_errno(err, "read '%s'", file);
    if (!S_ISREG(st.st_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%s' is not a regular file", file);
    if (!fs_read_file(AT_FDCWD, file, &text, err))
        return false;
    return a->list ? ask(a, file, ret, err) : find(a, file, &text, ret, err);
}

void agent_entry_release(struct agent_entry *entry)
{
    json_decref(take_ptr(&entry->command));
    json_decref(take_ptr(&entry->env));
    json_decref(take_ptr(&entry->others));
}
