/*
 * guest/identity.c: the request `begin`.
 *
 * Every clone of a template wakes with the same memory: the same random state, clock and names. The
 * order matters: entropy comes before anything that could draw on it, a file's temporary name
 * included. May come twice (a supervisor that replaces a dead one cannot know): each step can be
 * repeated.
 *
 * With "fork": true the machine goes on from a captured memory (hold.h): its disk is mounted, and
 * its processes are there, held still until all of this is done. They are told by a new number in
 * GENERATION.
 */
#include "guest/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guest/disconnect.h"
#include "guest/file_stage.h"
#include "guest/hold.h"
#include "guest/network.h"
#include "guest/replace_file.h"
#include "guest/root.h"
#include "guest/secrets.h"
#include "guest/tmp.h"
#include "vmm/base/fs.h"

#define ENTROPY_BYTES 64
#define HOSTNAME_MAX 63
#define GENERATION_DIR "/run/pyro"
#define GENERATION GENERATION_DIR "/generation"

struct identity {
    uint8_t entropy[ENTROPY_BYTES];
    const char *hostname, *machine_id;
    int64_t time_ns;
    bool root_mounted;
    bool fork; /* it goes on from a captured memory */
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly n bytes of lower-case hex; ret may be NULL to check only. */
static bool hex_decode(const char *text, uint8_t *ret, size_t n)
{
    if (strlen(text) != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        if (ret)
            ret[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Letters, digits, '-' and '.', as it goes into /etc/hosts. */
static bool is_hostname(const char *name)
{
    size_t n = strlen(name);

    return n && n <= HOSTNAME_MAX && name[0] != '-' && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == n;
}

static bool parse(const json_t *request, struct identity *ret, struct pyro_error *err)
{
    const char *entropy;

    if (!json_get_string(request, "entropy", &entropy, err) ||
        !json_get_int(request, "time_ns", 0, INT64_MAX, &ret->time_ns, err) ||
        !json_get_string(request, "hostname", &ret->hostname, err) ||
        !json_get_string(request, "machine_id", &ret->machine_id, err) ||
        !root_get_mode(request, &ret->root_mounted, err))
        return false;
    if (!hex_decode(entropy, ret->entropy, ENTROPY_BYTES))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'entropy' is not %d bytes of hex",
                         ENTROPY_BYTES);
    if (!hex_decode(ret->machine_id, NULL, 16))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'machine_id' is not 16 bytes of hex");
    if (!is_hostname(ret->hostname))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'hostname' is not a host name");
    ret->fork = json_bool_or(request, "fork", false);
    return true;
}

/* Mixes the entropy in, credits it, and makes every CPU's generator reseed from it. */
static bool mix_entropy(const uint8_t *bytes, struct pyro_error *err)
{
    struct {
        struct rand_pool_info info;
        uint8_t bytes[ENTROPY_BYTES];
    } pool = { .info = { .entropy_count = 8 * ENTROPY_BYTES, .buf_size = ENTROPY_BYTES } };
    scoped_close int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);

    memcpy(pool.bytes, bytes, ENTROPY_BYTES);
    if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) != 0 || ioctl(fd, RNDRESEEDCRNG) != 0)
        return pyro_fail_errno(err, "reseed the random numbers");
    return true;
}

static bool set_clock(int64_t ns, struct pyro_error *err)
{
    struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

    return clock_settime(CLOCK_REALTIME, &t) == 0 || pyro_fail_errno(err, "set the clock");
}

/* /etc/hosts with the line of 127.0.1.1 (Debian's place for the machine's own name) replaced. */
static bool write_hosts(const char *hostname, struct pyro_error *err)
{
    scoped_buf old = BUF_INIT(256 * 1024), text = BUF_INIT(512 * 1024);
    const char *line, *end;
    struct stat st;
    bool ok = true;

    if (lstat("/etc/hosts", &st) != 0 || !S_ISREG(st.st_mode) ||
        !fs_read_file(AT_FDCWD, "/etc/hosts", &old, NULL) || !old.len) {
        buf_clear(&old);
        ok = buf_append_str(&old, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
                                  "ip6-loopback\n");
    }
    for (line = old.data; ok && line && *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        if (strncmp(line, "127.0.1.1", 9) == 0 && strchr(" \t\n", line[9]))
            continue;
        ok = buf_append(&text, line, (size_t)(end - line));
    }
    if (ok && text.len && text.data[text.len - 1] != '\n')
        ok = buf_append_str(&text, "\n");
    if (!ok || !buf_printf(&text, "127.0.1.1\t%s\n", hostname))
        return pyro_no_memory(err, "/etc/hosts");
    return guest_replace_file("/etc/hosts", text.data, text.len, 0644, err);
}

static bool write_line(const char *path, const char *line, mode_t mode, struct pyro_error *err)
{
    char text[128];
    int n = snprintf(text, sizeof(text), "%s\n", line);

    return guest_replace_file(path, text, (size_t)n, mode, err);
}

static bool write_names(const struct identity *id, struct pyro_error *err)
{
    if (sethostname(id->hostname, strlen(id->hostname)) != 0)
        return pyro_fail_errno(err, "set the host name");
    if ((mkdir("/etc", 0755) != 0 && errno != EEXIST) ||
        (mkdir(WORKSPACE_DIR, 0755) != 0 && errno != EEXIST))
        return pyro_fail_errno(err, "create " WORKSPACE_DIR);
    return write_line("/etc/machine-id", id->machine_id, 0444, err) &&
           write_line("/etc/hostname", id->hostname, 0644, err) && write_hosts(id->hostname, err);
}

/* In place: a program that watches the file goes on watching it. */
static void write_generation(void)
{
    scoped_close int fd = -1;
    uint64_t number;
    char text[32];
    int n;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return;
    n = snprintf(text, sizeof(text), "%020" PRIu64 "\n", number);
    if (mkdir(GENERATION_DIR, 0755) == 0 || errno == EEXIST)
        fd = open(GENERATION, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || !fs_pwrite_all(fd, text, (size_t)n, 0))
        guest_log(GENERATION ": errno %d", errno);
}

/* The machine was captured with its root in use: only who it is changes. */
static bool become_fork(struct guest *g, const struct identity *id, struct pyro_error *err)
{
    if (!g->root_on_disk || !g->begun)
        return pyro_fail(err, PYRO_GUEST_ERROR, "the machine was not captured while it ran");
    return write_names(id, err);
}

static bool become(struct guest *g, const struct identity *id, struct pyro_error *err)
{
    if (!mix_entropy(id->entropy, err) || !set_clock(id->time_ns, err))
        return false;
    if (id->fork)
        return become_fork(g, id, err);
    if (id->root_mounted && !g->root_on_disk)
        return pyro_fail(err, PYRO_GUEST_ERROR, "the root should be mounted already, but is not");
    if (!(id->root_mounted ? root_make_writable(err) : root_mount_disk(g, true, err)))
        return false;
    tmp_renew();
    if (!write_names(id, err))
        return false;
    file_stage_sweep(g);
    return true;
}

static bool begin(struct guest *g, const struct identity *id, const json_t *request,
                  struct pyro_error *err)
{
    const json_t *secrets = json_object_get(request, "secrets");

    if (!become(g, id, err))
        return false;
    if (id->fork)
        secrets_forget_others(secrets);
    if (!secrets_write(secrets, err) ||
        !network_configure(g, json_object_get(request, "network"), err))
        return false;
    if (id->fork) {
        disconnect_all();
        write_generation();
    } else {
        hold_note_caches();
    }
    hold_release(g);
    return true;
}

bool identity_op_begin(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err)
{
    struct identity id;

    if (!parse(request, &id, err) || (!g->host_dir && !begin(g, &id, request, err)))
        return false;
    g->begun = true;
    *ret = json_pack("{s:s}", "agent", PYRO_VERSION);
    return *ret || pyro_no_memory(err, "begin");
}
