/* tests/vm/guest_try.c: boots a VM, makes it itself, runs one command, shuts down. */
#include <unistd.h>

#include "tests/vm/vm_fixture.h"

static void show(const char *what, struct call *c, int64_t since)
{
    char *text = c->result ? json_dumps(c->result, JSON_COMPACT) : NULL;

    printf("%-10s %8.2f ms  %s\n", what, (double)(now_us() - since) / 1000, text ? text : "lost");
    fwrite(c->out.data, 1, c->out.len, stdout);
    fwrite(c->err.data, 1, c->err.len, stdout);
    free(text);
    call_release(c);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "mounted";
    int64_t t = now_us();
    struct call c;
    struct vm vm;

    vm_boot(&vm);
    vm_connect(&vm, false);
    printf("hello      %8.2f ms\n", (double)(now_us() - t) / 1000);
    t = now_us();
    call_run(&c, &vm.peer,
             json_pack("{s:s, s:s, s:[s,s]}", "op", "prepare", "root", mode, "warm", "/bin/bash",
                       "/usr/lib/git-core"));
    show("prepare", &c, t);
    t = now_us();
    call_run(&c, &vm.peer, peer_begin_request(mode));
    show("begin", &c, t);
    for (int i = 2; i < argc; i++) {
        t = now_us();
        call_run(&c, &vm.peer, peer_sh(argv[i]));
        show("exec", &c, t);
    }
    t = now_us();
    call_run(&c, &vm.peer, json_pack("{s:s}", "op", "stat"));
    show("stat", &c, t);
    t = now_us();
    call_run(&c, &vm.peer, json_pack("{s:s}", "op", "shutdown"));
    show("shutdown", &c, t);
    printf("QEMU ended with %d after %.2f ms\n", vm_wait_exit(&vm), (double)(now_us() - t) / 1000);
    vm_free(&vm);
    return 0;
}
