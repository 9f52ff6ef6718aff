/* tests/vm/guest_bench.c: what a command costs beyond itself, and how fast its output comes. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/vm/vm_fixture.h"
#include "vmm/base/fs.h"

#define ROUNDS 40
#define BIG_MIB 256

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static double median_ms(int64_t *us, size_t n)
{
    qsort(us, n, sizeof(*us), compare);
    return (double)us[n / 2] / 1000;
}

/* CPU time that QEMU has taken so far: what a figure is when the machine has other work too. */
static double cpu_ms(const struct vm *vm)
{
    char path[64];
    scoped_buf text = BUF_INIT(4096);
    char *at;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)vm->pid);
    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !(at = strrchr(text.data, ')')))
        return 0;
    for (int field = 2; field < 14; field++)
        at = strchr(at + 1, ' ');
    return (double)(strtoul(at, &at, 10) + strtoul(at, NULL, 10)) * 1000 /
           (double)sysconf(_SC_CLK_TCK);
}

static void bench_exec(struct vm *vm, const char *path)
{
    int64_t total[ROUNDS], inside[ROUNDS];
    double cpu = cpu_ms(vm);
    struct call c;

    for (int i = 0; i < ROUNDS; i++) {
        total[i] = now_us();
        call_run(&c, &vm->peer, json_pack("{s:s, s:[s]}", "op", "exec", "command", path));
        total[i] = now_us() - total[i];
        inside[i] = json_int_or(c.result, "duration_ms", 0) * 1000;
        call_release(&c);
    }
    for (int i = 0; i < ROUNDS; i++)
        inside[i] = total[i] - inside[i];
    printf("exec %-20s beyond the command %6.2f ms", path, median_ms(inside, ROUNDS));
    printf(", round trip %6.2f ms, CPU %6.2f ms\n", median_ms(total, ROUNDS),
           (cpu_ms(vm) - cpu) / ROUNDS);
}

static void bench_output(struct vm *vm)
{
    char script[128];
    double cpu;
    int64_t t;
    struct call c;

    snprintf(script, sizeof(script), "head -c %dM /dev/zero > /tmp/big; cat /tmp/big > /dev/null",
             BIG_MIB / 2);
    call_run(&c, &vm->peer, peer_sh(script));
    call_release(&c);
    call_init(&c, &vm->peer);
    c.discard = true;
    cpu = cpu_ms(vm);
    t = now_us();
    call_start(&c, peer_sh("cat /tmp/big /tmp/big"));
    call_wait(&c);
    t = now_us() - t;
    printf("cat bigfile: %.0f MB/s (%.0f MB; %.2f ms of CPU a MB)\n",
           (double)c.out_bytes / (double)t, (double)c.out_bytes / 1e6,
           (cpu_ms(vm) - cpu) * 1e6 / (double)c.out_bytes);
    call_release(&c);
}

static void bench_begin(struct vm *vm)
{
    int64_t t;
    struct call c;

    for (int i = 0; i < 4; i++) {
        double cpu = cpu_ms(vm);
        t = now_us();
        call_run(&c, &vm->peer, peer_begin_request("mounted"));
        printf("begin %.2f ms, CPU %.0f ms\n", (double)(now_us() - t) / 1000, cpu_ms(vm) - cpu);
        call_release(&c);
    }
    t = now_us();
    call_run(&c, &vm->peer, json_pack("{s:s}", "op", "nothing"));
    printf("an unknown request %.2f ms\n", (double)(now_us() - t) / 1000);
    call_release(&c);
}

int main(void)
{
    struct call c;
    struct vm vm;

    vm_boot(&vm);
    vm_connect(&vm, false);
    call_run(&c, &vm.peer,
             json_pack("{s:s, s:s, s:[s,s,s]}", "op", "prepare", "root", "mounted", "warm",
                       "/bin/bash", "/bin/true", "/bin/cat"));
    call_release(&c);
    bench_begin(&vm);
    bench_exec(&vm, "/bin/true");
    bench_exec(&vm, "true");
    bench_exec(&vm, "/proc/1/exe");
    bench_exec(&vm, "/nonexistent");
    bench_output(&vm);
    bench_output(&vm);
    vm_free(&vm);
    return 0;
}
