/*
 * tests/vm/guest_vm.c: the guest program as PID 1 of a real VM. One VM goes through most of it, in
 * the order of the table; a second one is killed and comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/vm/vm_fixture.h"
#include "vmm/base/fs.h"

#define RECONNECTS 30

static struct vm vm;

static json_t *op_with_root(const char *op, const char *root)
{
    return json_pack("{s:s, s:s, s:[s, s, s]}", "op", op, "root", root, "warm", "/bin/bash", "/etc",
                     "/no/such/file");
}

static void expect_ok(json_t *request)
{
    struct pyro_error err = { 0 };
    struct call c;

    call_run(&c, &vm.peer, request);
    assert_non_null(c.result);
    if (!error_from_result(c.result, &err))
        fail_msg("%s", err.message);
    call_release(&c);
}

static void expect_error(json_t *request)
{
    struct pyro_error err = { 0 };
    struct call c;

    call_run(&c, &vm.peer, request);
    assert_false(error_from_result(c.result, &err));
    assert_true(err.message[0]);
    call_release(&c);
}

static void expect_output(const char *script, const char *want)
{
    struct call c;

    call_run(&c, &vm.peer, peer_sh(script));
    assert_string_equal(c.out.data ? c.out.data : "", want);
    assert_int_equal(json_int_or(c.result, "exit_code", -1), 0);
    call_release(&c);
}

static void test_nothing_runs_before_begin(void **state UNUSED)
{
    expect_error(peer_sh("true"));
    expect_error(peer_begin_request("mounted")); /* nothing is mounted yet */
    expect_ok(op_with_root("prepare", "mounted"));
    expect_error(peer_sh("true"));
}

static void test_begin_makes_it_itself(void **state UNUSED)
{
    scoped_json json_t *request = peer_begin_request("mounted");
    char want[512];
    struct call c;

    json_object_set_new(request, "time_ns", json_integer(2000000000ll * 1000000000ll));
    call_run(&c, &vm.peer, json_incref(request));
    assert_string_equal(json_string_or(c.result, "agent", ""), PYRO_VERSION);
    call_release(&c);
    snprintf(want, sizeof(want), "%s\ntest-host\ntest-host\n127.0.1.1\ttest-host\n1\n",
             json_string_or(request, "machine_id", ""));
    expect_output("cat /etc/machine-id /etc/hostname; hostname; grep test-host /etc/hosts; "
                  "grep -c 127.0.0.1 /etc/hosts",
                  want);
    expect_output("n=$(date +%s); [ $n -ge 2000000000 ] && [ $n -lt 2000000120 ] && echo set",
                  "set\n");
    expect_output("echo x >/written && cat /written; stat -c %a%F /workspace; pwd; ls /etc/*.pyro "
                  "2>/dev/null; cat /sys/class/net/lo/flags",
                  "x\n755directory\n/workspace\n0x9\n");
    /* Again: a supervisor that died in between cannot know. */
    expect_ok(peer_begin_request("mounted"));
    expect_output("grep -c test-host /etc/hosts", "1\n");
    expect_ok(op_with_root("prepare", "mounted"));
}

static void test_what_a_command_finds(void **state UNUSED)
{
    expect_output("env | sort",
                  "HOME=/root\nLANG=C.UTF-8\nLOGNAME=root\n"
                  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                  "PWD=/workspace\nSHELL=/bin/bash\nUSER=root\n");
    expect_output("cat /proc/self/oom_score_adj /proc/1/oom_score_adj; id -u; umask; ulimit -n; "
                  "ulimit -Hn; ulimit -c",
                  "0\n-1000\n0\n0022\n1024\n524288\n0\n");
    expect_output("ls /proc/self/fd | wc -l; grep -c '^0::/pyro-' /proc/self/cgroup", "4\n1\n");
    expect_output("for m in /proc /sys /dev /dev/pts /dev/shm /run /run/lock /sys/fs/cgroup; do "
                  "mountpoint -q $m || echo $m; done; ls -ld /dev/fd /dev/stdin | wc -l; "
                  "stat -c %a /tmp /dev/shm /dev/ptmx",
                  "2\n1777\n1777\n666\n");
}

static void test_commands_that_cannot_be_run(void **state UNUSED)
{
    struct call c;

    call_run(&c, &vm.peer, json_pack("{s:s, s:[s]}", "op", "exec", "command", "nonesuch"));
    assert_int_equal(json_int_or(c.result, "exit_code", -1), 127);
    call_release(&c);
    call_run(&c, &vm.peer, json_pack("{s:s, s:[s]}", "op", "exec", "command", "/etc/passwd"));
    assert_int_equal(json_int_or(c.result, "exit_code", -1), 126);
    call_release(&c);
}

static void test_descendants_die_with_the_command(void **state UNUSED)
{
    struct call c;

    expect_output("(setsid sh -c 'trap \"\" TERM HUP; exec sleep 4321' >/dev/null 2>&1 &) & "
                  "for i in 1 2 3; do sleep 4321 & done; sleep 0.1; echo ok",
                  "ok\n");
    call_run(&c, &vm.peer,
             json_pack("{s:s, s:[s,s,s], s:i}", "op", "exec", "command", "sh", "-c",
                       "trap '' TERM; setsid sleep 4321 & sleep 4321", "timeout_ms", 500));
    assert_int_equal(json_int_or(c.result, "exit_code", -1), 124);
    call_release(&c);
    /* None is left, none is a zombie, and their groups go with them. */
    expect_output(
        "while grep -qsx 'sleep' /proc/[0-9]*/comm; do sleep 0.05; done; "
        "grep -hs '^State:.Z' /proc/[0-9]*/status; "
        "while [ $(ls -d /sys/fs/cgroup/pyro-* | wc -l) -gt 1 ]; do sleep 0.05; done; echo gone",
        "gone\n");
}

static void test_output_and_input_are_whole(void **state UNUSED)
{
    const size_t n = 4 * 1000 * 1000;
    scoped_free char *bytes = malloc(n);
    uint32_t sum = 0;
    char line[32];
    struct call c;

    call_init(&c, &vm.peer);
    c.discard = true;
    call_start(&c, peer_sh("seq 1 1000000; seq 1 1000000"));
    call_wait(&c);
    for (int k = 0; k < 2; k++)
        for (int i = 1; i <= 1000000; i++)
            sum = peer_sum(sum, line, (size_t)snprintf(line, sizeof(line), "%d\n", i));
    assert_int_equal(c.sum, sum);
    call_release(&c);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 31 + i / 777);
    call_init(&c, &vm.peer);
    c.input = bytes;
    c.input_len = n;
    call_start(&c, peer_sh("cat"));
    call_wait(&c);
    assert_int_equal(c.out_bytes, n);
    assert_memory_equal(c.out.data, bytes, n);
    call_release(&c);
}

/* Who takes all memory, or all processes, is killed; PID 1 and the rest go on. */
static void test_greed_harms_itself_only(void **state UNUSED)
{
    struct call c, other;

    call_init(&other, &vm.peer);
    other.input = "still here\n";
    other.input_len = strlen(other.input);
    other.input_open = true;
    call_start(&other, peer_sh("exec cat"));
    call_run(&c, &vm.peer, peer_sh("exec tail /dev/zero"));
    assert_string_equal(json_string_or(c.result, "signal", ""), "KILL");
    call_release(&c);
    call_run(&c, &vm.peer,
             json_pack("{s:s, s:[s,s,s], s:i}", "op", "exec", "command", "bash", "-c",
                       "b() { b | b & }; b; sleep 1000", "timeout_ms", 1500));
    assert_int_equal(json_int_or(c.result, "exit_code", -1), 124);
    call_release(&c);
    expect_output("echo alive", "alive\n");
    call_wait_output(&other, other.input_len);
    stream_end(&other.stream, WIRE_STDIN);
    call_wait(&other);
    assert_int_equal(json_int_or(other.result, "exit_code", -1), 0);
    call_release(&other);
}

/* The host is killed in the middle of floods either way; each new one is served at once. */
static void test_reconnects(void **state UNUSED)
{
    static char zeros[300000];

    for (int i = 0; i < RECONNECTS; i++) {
        struct call flood, feed, after;
        char want[32], script[64];
        call_init(&flood, &vm.peer);
        flood.discard = true;
        call_start(&flood, peer_sh("exec cat /dev/zero"));
        call_init(&feed, &vm.peer);
        feed.input = zeros;
        feed.input_len = sizeof(zeros);
        call_start(&feed, peer_sh("exec cat >/dev/null"));
        call_wait_output(&flood, (uint64_t)(i * 3001 + 1));
        peer_close(&vm.peer);
        call_release(&flood);
        call_release(&feed);
        vm_connect(&vm, true);
        snprintf(script, sizeof(script), "echo number %d", i);
        snprintf(want, sizeof(want), "number %d\n", i);
        call_run(&after, &vm.peer, peer_sh(script));
        assert_string_equal(after.out.data, want);
        call_release(&after);
    }
    expect_output("while grep -qsx 'cat' /proc/[0-9]*/comm; do sleep 0.05; done; echo gone",
                  "gone\n");
}

static void pass_time(void)
{
    for (int i = 0; i < 20; i++)
        expect_ok(peer_op("sync"));
}

static void test_hold_stops_what_runs(void **state UNUSED)
{
    struct call c;
    uint64_t held;

    call_init(&c, &vm.peer);
    c.discard = true;
    call_start(&c, peer_sh("while :; do echo on and on; (echo and below); done"));
    call_wait_output(&c, 1000);
    expect_ok(peer_op("hold"));
    pass_time(); /* what is in the pipe comes */
    held = c.out_bytes;
    pass_time();
    assert_int_equal(c.out_bytes, held);
    expect_error(peer_sh("true"));
    expect_ok(peer_op("hold")); /* of the next host */
    expect_ok(peer_op("release"));
    call_wait_output(&c, held + 1000);
    expect_output("echo it runs", "it runs\n");
    stream_close(&c.stream, NULL);
    call_release(&c);
}

/* Held, and another one when it goes on: another name, other numbers, and the processes live. */
static void test_begin_of_a_fork(void **state UNUSED)
{
    scoped_json json_t *request = peer_begin_request("mounted");
    struct call c;

    expect_output("echo mine >/tmp/mine; [ ! -e /run/pyro/generation ]", "");
    call_init(&c, &vm.peer);
    call_start(&c, peer_sh("echo before; read line; echo $line; hostname; cat /tmp/mine"));
    call_wait_output(&c, strlen("before\n"));
    expect_ok(peer_op("hold"));
    json_object_set_new(request, "fork", json_true());
    json_object_set_new(request, "hostname", json_string("another"));
    json_object_set_new(request, "secrets", json_pack("{s:s}", "TOKEN", "of the fork"));
    expect_ok(json_incref(request));
    assert_int_equal(stream_send(&c.stream, WIRE_STDIN, "after\n", 6), 6);
    call_wait(&c);
    assert_string_equal(c.out.data, "before\nafter\nanother\nmine\n");
    call_release(&c);
    expect_output("a=$(cat /run/pyro/generation); echo ${#a}; cat /run/pyro-secrets/*",
                  "20\nof the fork");
    expect_output("hostname", "another\n");
}

static void test_stat(void **state UNUSED)
{
    struct call c;

    call_run(&c, &vm.peer, peer_op("stat"));
    assert_in_range(json_int_or(c.result, "memory_total_bytes", 0), 400 << 20, 512 << 20);
    assert_in_range(json_int_or(c.result, "memory_used_bytes", 0), 1 << 20, 400 << 20);
    call_release(&c);
    expect_ok(peer_op("sync"));
}

static void test_shutdown_leaves_a_clean_disk(void **state UNUSED)
{
    struct call c, running;

    /* What does not heed TERM, holds a file open for writing, and a mount of its own. */
    call_init(&running, &vm.peer);
    call_start(&running,
               peer_sh("trap '' TERM; mkdir /m; mount -t tmpfs none /m; exec 7>/m/f "
                       "8>/workspace/f; echo x; while :; do echo y >&8; sleep 0.1; done"));
    call_wait_output(&running, 2);
    call_init(&c, &vm.peer);
    call_start(&c, peer_op("shutdown"));
    call_wait(&c);
    assert_non_null(c.result);
    assert_null(json_object_get(c.result, "error"));
    assert_int_equal(vm_wait_exit(&vm), 0);
    call_release(&c);
    call_release(&running);
    assert_true(vm_disk_is_clean(&vm));
}

static int boot(void **state UNUSED)
{
    vm_boot(&vm);
    vm_connect(&vm, false);
    return 0;
}

static int clean_up(void **state UNUSED)
{
    vm_free(&vm);
    return 0;
}

static void test_disk_mounted_later_survives_a_kill(void **state UNUSED)
{
    struct call c;

    expect_ok(op_with_root("prepare", "later"));
    expect_ok(peer_begin_request("later"));
    expect_output("echo kept >/workspace/kept; sync; cat /workspace/kept", "kept\n");
    call_init(&c, &vm.peer);
    call_start(&c, peer_sh("i=0; while :; do i=$((i+1)); echo $i >/workspace/f$i; [ $i = 40 ] && "
                           "echo x; rm -f /workspace/f$((i-20)); done"));
    call_wait_output(&c, 2);
    vm_kill_qemu(&vm);
    call_release(&c);
    vm_boot_again(&vm);
    vm_connect(&vm, false);
    expect_ok(peer_begin_request("later"));
    expect_output("cat /workspace/kept; echo new >/workspace/new; cat /workspace/new",
                  "kept\nnew\n");
    expect_ok(peer_op("shutdown"));
    assert_int_equal(vm_wait_exit(&vm), 0);
    assert_true(vm_disk_is_clean(&vm));
}

int main(void)
{
    static const struct CMUnitTest first[] = {
        cmocka_unit_test(test_nothing_runs_before_begin),
        cmocka_unit_test(test_begin_makes_it_itself),
        cmocka_unit_test(test_what_a_command_finds),
        cmocka_unit_test(test_commands_that_cannot_be_run),
        cmocka_unit_test(test_descendants_die_with_the_command),
        cmocka_unit_test(test_output_and_input_are_whole),
        cmocka_unit_test(test_greed_harms_itself_only),
        cmocka_unit_test(test_reconnects),
        cmocka_unit_test(test_hold_stops_what_runs),
        cmocka_unit_test(test_begin_of_a_fork),
        cmocka_unit_test(test_stat),
        cmocka_unit_test(test_shutdown_leaves_a_clean_disk),
    };
    static const struct CMUnitTest second[] = {
        cmocka_unit_test(test_disk_mounted_later_survives_a_kill),
    };

    if (!vm_assets()) {
        fputs("PYRO_TEST_ASSETS names no directory with vmlinuz, modules.tree and base.ext4\n",
              stderr);
        return 2;
    }
    return cmocka_run_group_tests_name("one VM", first, boot, clean_up) +
           cmocka_run_group_tests_name("another VM", second, boot, clean_up);
}
