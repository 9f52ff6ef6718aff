/* vmm/base/confine.c: from rows to a BPF program, and Landlock by raw system calls. */
#include "vmm/base/confine.h"

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>

#include "vmm/base/cleanup.h"

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#define FOREIGN_CALLS 0x40000000 /* from here on: x32 */
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#define FOREIGN_CALLS UINT32_MAX
#else
#error "the system call filter does not know this machine"
#endif

#define HEAD 6
#define PER_RULE 5

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define LOAD_CALL LOAD(offsetof(struct seccomp_data, nr))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define JUMP(test, value, if_true, if_false)                                                       \
    BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), (if_true), (if_false))

/* Little-endian, like all machines above: the low half comes first. */
static size_t arg_offset(unsigned arg)
{
    return offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t);
}

/* The number of the call is loaded before it, and after it. */
static size_t assemble_rule(const struct confine_rule *rule, struct sock_filter *at)
{
    const struct sock_filter always[] = { JUMP(BPF_JEQ, rule->call, 0, 1), RETURN(rule->action) };
    const struct sock_filter by_arg[PER_RULE] = {
        JUMP(BPF_JEQ, rule->call, 0, 4),
        LOAD(arg_offset(rule->arg)),
        JUMP(rule->when == CONFINE_EQUAL ? BPF_JEQ : BPF_JSET, rule->value, 0, 1),
        RETURN(rule->action),
        LOAD_CALL,
    };
    size_t n = rule->when == CONFINE_ALWAYS ? ARRAY_SIZE(always) : ARRAY_SIZE(by_arg);

    for (size_t i = 0; i < n; i++)
        at[i] = rule->when == CONFINE_ALWAYS ? always[i] : by_arg[i];
    return n;
}

bool confine_calls(const struct confine_rule *rules, size_t count, uint32_t otherwise)
{
    struct sock_filter code[HEAD + CONFINE_RULES_MAX * PER_RULE + 1] = {
        LOAD(offsetof(struct seccomp_data, arch)),
        JUMP(BPF_JEQ, THIS_ARCH, 1, 0),
        RETURN(CONFINE_KILL),
        LOAD_CALL,
        JUMP(BPF_JGE, FOREIGN_CALLS, 0, 1),
        RETURN(CONFINE_KILL),
    };
    const struct sock_filter last = RETURN(otherwise);
    struct sock_fprog program = { .filter = code };
    size_t n = HEAD;

    if (count > CONFINE_RULES_MAX) {
        errno = E2BIG;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        n += assemble_rule(&rules[i], code + n);
    code[n++] = last;
    program.len = (unsigned short)n;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The part of CONFINE_FILES that each version of Landlock supports. */
static uint64_t landlock_knows(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t known = CONFINE_FILES;

    if (version < 1)
        return 0;
    if (version < 2)
        known &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
    if (version < 3)
        known &= ~(uint64_t)LANDLOCK_ACCESS_FS_TRUNCATE;
    return known;
}

bool confine_files(uint64_t access, const struct confine_exception *exceptions, size_t count)
{
    struct landlock_ruleset_attr ruleset = { .handled_access_fs = access & landlock_knows() };
    scoped_close int fd = -1;

    if (!ruleset.handled_access_fs) {
        errno = EOPNOTSUPP;
        return false;
    }
    fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
    if (fd < 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct landlock_path_beneath_attr beneath = {
            .allowed_access = exceptions[i].access & ruleset.handled_access_fs,
            .parent_fd = exceptions[i].fd,
        };
        if (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
            return false;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_landlock_restrict_self, fd, 0) == 0;
}

bool confine_limit(int resource, rlim_t value)
{
    struct rlimit now, wanted = { value, value };

    if (getrlimit((__rlimit_resource_t)resource, &now) == 0 && now.rlim_max < value)
        wanted = (struct rlimit){ now.rlim_max, now.rlim_max };
    return setrlimit((__rlimit_resource_t)resource, &wanted) == 0;
}

bool confine_become_nobody(const gid_t *groups, size_t group_count)
{
    int signal_number = 0;

    prctl(PR_GET_PDEATHSIG, &signal_number, 0, 0, 0);
    return setgroups(group_count, groups) == 0 &&
           setresgid(CONFINE_NOBODY, CONFINE_NOBODY, CONFINE_NOBODY) == 0 &&
           setresuid(CONFINE_NOBODY, CONFINE_NOBODY, CONFINE_NOBODY) == 0 &&
           prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) == 0;
}
