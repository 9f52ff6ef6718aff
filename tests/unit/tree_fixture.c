/* tests/unit/tree_fixture.c: see the header. */
#include "tests/unit/tree_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool tree_to_buf(void *buf, const void *bytes, size_t n, struct pyro_error *err)
{
    return buf_append(buf, bytes, n) || pyro_fail(err, PYRO_NO_MEMORY, "the test's buffer is full");
}

ssize_t tree_from_memory(void *memory, void *bytes, size_t n, struct pyro_error *err UNUSED)
{
    struct tree_memory *m = memory;

    if (n > m->n - m->at)
        n = m->n - m->at;
    if (m->step && n > m->step)
        n = m->step;
    memcpy(bytes, m->bytes + m->at, n);
    m->at += n;
    return (ssize_t)n;
}

bool tree_stream(int dirfd, const char *name, struct buf *to, struct pyro_error *err)
{
    struct tree_output out;
    struct tree_walk w = { .dirfd = dirfd, .name = name, .label = "zoo", .out = &out };
    struct tree_counts counts, seen;
    bool ok;

    assert_true(tree_output_init(&out, tree_to_buf, to, err));
    ok = tree_walk(&w, &counts, err) && tree_put_done(&out, err);
    tree_output_release(&out);
    w.out = NULL;
    assert_true(!ok || tree_walk(&w, &seen, err));
    assert_true(!ok || (seen.entries == counts.entries && seen.bytes == counts.bytes));
    return ok;
}

bool tree_unstream(const struct buf *from, const struct tree_write *w, struct tree_counts *ret,
                   struct pyro_error *err)
{
    struct tree_memory memory = { .bytes = from->data, .n = from->len, .step = 7919 };
    mode_t mask = umask(0);
    struct tree_input in;
    bool ok;

    assert_true(tree_input_init(&in, tree_from_memory, &memory, err));
    ok = tree_write(w, &in, ret, err);
    tree_input_release(&in);
    umask(mask);
    return ok;
}

int tree_new_dir(char *ret_path)
{
    const char *directory = getenv("TMPDIR");
    int fd;

    snprintf(ret_path, 4096, "%s/pyro-tree-XXXXXX", directory ? directory : "/tmp");
    assert_non_null(mkdtemp(ret_path));
    assert_int_equal(chmod(ret_path, 0755), 0);
    fd = open(ret_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

void tree_sh(const char *a, const char *b, const char *script)
{
    setenv("A", a, 1);
    setenv("B", b ? b : "", 1);
    if (system(script) != 0)
        fail_msg("this failed: %s", script);
}

void tree_forget(const char *path)
{
    tree_sh(path, NULL, "chmod -R u+rwX \"$A\"; rm -rf \"$A\"");
}

void tree_assert_same(const char *a, const char *b)
{
    tree_sh(a, b,
            "list() { tar -C \"$1\" --sort=name --numeric-owner --format=posix "
            "--pax-option=delete=atime,delete=ctime -cf - . 2>/dev/null | sha256sum; };"
            "if [ \"$(list \"$A\")\" != \"$(list \"$B\")\" ]; then "
            "for d in \"$A\" \"$B\"; do (cd \"$d\" && find . -printf '%p %y %m %s %T@ %n %l\\n' | "
            "sort >\"$d.list\"); done; diff \"$A.list\" \"$B.list\" | head -20 >&2; exit 1; fi");
}

void tree_make_zoo(const char *path)
{
    tree_sh(
        path, NULL,
        "set -e; cd \"$A\"; umask 022\n"
        "echo plain >plain; echo run >run; chmod 755 run; : >empty; echo secret >secret; "
        "chmod 400 secret\n"
        "head -c 1500000 /dev/urandom >big\n"
        "truncate -s 20M holes; printf x | dd of=holes bs=1 seek=9000000 conv=notrunc "
        "2>/dev/null\n"
        "truncate -s 3M only-a-hole\n"
        "mkdir -p a/b/c none/nothing; echo deep >a/b/c/file; chmod 500 a/b/c; chmod 1777 none\n"
        "ln -s plain good; ln -s /usr/bin/python3 out; ln -s ../../.. up; ln -s nowhere broken; "
        "ln -s good a/b/to\n"
        "ln plain a/hard; ln big a/b/harder; ln good a/hard-symlink\n"
        "echo a >readme; echo b >README; echo c >$(printf 'caf\\303\\251'); "
        "echo d >$(printf 'cafe\\314\\201')\n"
        "echo e >\"$(printf 'n%.0s' $(seq 255))\"; echo f >\"$(printf 'new\\nline')\"; "
        "echo g >\"$(printf 'no\\377utf8')\"; echo h >' space '; echo i >-dash\n"
        "mkdir d; cd d; for i in $(seq 40); do mkdir -p "
        "\"$(printf 'e%.0s' $(seq 200))\"; cd -P \"$(printf 'e%.0s' $(seq 200))\"; done; "
        "echo bottom >bottom; cd \"$A\"\n"
        "chmod 4755 run; chmod 2755 a\n"
        "find . -depth -execdir touch -h -d '2001-02-03 04:05:06.789012345 UTC' {} +\n"
        "touch -h -d '1969-12-31 23:00:00 UTC' empty; touch -d '2099-01-01' good none\n");
}
