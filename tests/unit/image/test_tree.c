/* tests/unit/image/test_tree.c: trees through a stream and back, and streams that want out. */
#include "tests/unit/tree_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void test_round_trip_keeps_everything(void **state UNUSED)
{
    char from[4096], to[4096];
    int from_fd = tree_new_dir(from), to_fd = tree_new_dir(to);
    scoped_buf stream = BUF_INIT(TREE_STREAM_MAX), again = BUF_INIT(TREE_STREAM_MAX);
    struct tree_write w = { .dirfd = to_fd, .name = "zoo", .label = "zoo", .mode_mask = 07777 };
    struct pyro_error err = { 0 };
    struct tree_counts counts;
    struct stat st;
    char made[4200];
    int fd;

    tree_make_zoo(from);
    if (!tree_stream(from_fd, NULL, &stream, &err) || !tree_unstream(&stream, &w, &counts, &err))
        fail_msg("%s", err.message);
    snprintf(made, sizeof(made), "%s/zoo", to);
    tree_assert_same(from, made);
    /* Holes stay holes. */
    assert_true(counts.bytes > 23000000 && counts.data_bytes < 5000000);
    assert_int_equal(fstatat(to_fd, "zoo/only-a-hole", &st, 0), 0);
    assert_true(st.st_blocks < 64);
    /* Over what is there, everything is replaced; and nothing changes. */
    fd = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    w = (struct tree_write){ .dirfd = fd, .label = "zoo", .mode_mask = 07777, .replace = true };
    tree_sh(made, NULL,
            "cd \"$A\" && rm -f plain && ln -s /etc/passwd plain && rm out && "
            "echo x >out && echo longer than before >a/b/c/file && "
            "touch -d '2001-02-03 04:05:06.789012345 UTC' .");
    if (!tree_unstream(&stream, &w, &counts, &err))
        fail_msg("%s", err.message);
    tree_sh(made, NULL, "touch -d '2001-02-03 04:05:06.789012345 UTC' \"$A\"");
    tree_assert_same(from, made);
    assert_true(tree_stream(fd, NULL, &again, &err));
    assert_int_equal(again.len, stream.len);
    close(fd);
    close(from_fd);
    close(to_fd);
    tree_forget(from);
    tree_forget(to);
}

static void test_walk_of_one_file(void **state UNUSED)
{
    char from[4096], to[4096], text[16] = "";
    int from_fd = tree_new_dir(from), to_fd = tree_new_dir(to), fd;
    enum tree_type root = TREE_DONE;
    struct tree_write w = {
        .dirfd = to_fd, .name = "copy", .label = "copy", .mode_mask = 0777, .ret_root = &root
    };
    scoped_buf file = BUF_INIT(TREE_STREAM_MAX), symlink_ = BUF_INIT(TREE_STREAM_MAX);
    struct pyro_error err = { 0 };
    struct tree_counts counts;
    struct stat st;

    tree_sh(from, NULL, "cd \"$A\" && echo hello >file && chmod 4755 file && ln -s /etc/passwd l");
    assert_true(tree_stream(from_fd, "file", &file, &err));
    assert_true(tree_unstream(&file, &w, &counts, &err));
    assert_int_equal(root, TREE_FILE);
    assert_int_equal(counts.entries, 1);
    assert_int_equal(counts.bytes, 6);
    assert_int_equal(fstatat(to_fd, "copy", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0755); /* no set-id bit */
    /* What is there is not overwritten. */
    assert_false(tree_unstream(&file, &w, &counts, &err));
    assert_non_null(strstr(err.message, "File exists"));
    w.name = "link";
    assert_true(tree_stream(from_fd, "l", &symlink_, &err));
    assert_true(tree_unstream(&symlink_, &w, &counts, &err));
    assert_int_equal(readlinkat(to_fd, "link", text, sizeof(text)), 11);
    /* Nor is a link that is there written through. */
    assert_false(tree_unstream(&file, &w, &counts, &err));
    fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(st.st_size > 6);
    close(fd);
    close(from_fd);
    close(to_fd);
    tree_forget(from);
    tree_forget(to);
}

static void test_walk_names_what_cannot_be_taken(void **state UNUSED)
{
    static const struct {
        const char *make, *said;
    } cases[] = {
        { "mkfifo d/pipe", "'zoo/d/pipe' is a FIFO" },
        { "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"d/sock\")'",
          "'zoo/d/sock' is a socket" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char from[4096], script[4096];
        int fd = tree_new_dir(from);
        struct tree_walk w = { .dirfd = fd, .label = "zoo" };
        struct pyro_error err = { 0 };
        struct tree_counts counts;
        snprintf(script, sizeof(script), "cd \"$A\" && mkdir d && %s", cases[i].make);
        tree_sh(from, NULL, script);
        assert_false(tree_walk(&w, &counts, &err));
        if (!strstr(err.message, cases[i].said))
            fail_msg("%s", err.message);
        assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
        /* Below a directory it is passed over and named, where that is asked for; alone it is not.
         */
        scoped_tree_skipped skipped = { 0 };
        w.skipped = &skipped;
        assert_true(tree_walk(&w, &counts, &err));
        assert_int_equal(counts.entries, 1);
        assert_int_equal(skipped.count, 1);
        assert_non_null(strstr(cases[i].said, json_string_value(json_array_get(skipped.paths, 0))));
        w.name = strstr(cases[i].make, "pipe") ? "d/pipe" : "d/sock";
        assert_false(tree_walk(&w, &counts, &err));
        close(fd);
        tree_forget(from);
    }
}

/* --- streams that want out --- */

#define DIR(P) { .type = TREE_DIRECTORY, .mode = 0755, .path = (P) }
#define DIR_END(P) { .type = TREE_DIRECTORY_END, .mode = 0755, .path = (P) }
#define FILE_(P) { .type = TREE_FILE, .mode = 0644, .path = (P) }
#define LINK(P, T) { .type = TREE_SYMLINK, .mode = 0777, .path = (P), .target = (T) }
#define HARD(P, T) { .type = TREE_HARD_LINK, .mode = 0644, .path = (P), .target = (T) }

static const struct {
    struct tree_entry entries[4];
    const char *said;
} hostile[] = {
    { { DIR(""), FILE_("../out") }, "an invalid path" },
    { { DIR(""), FILE_("/tmp/pyro-hostile") }, "an invalid path" },
    { { DIR(""), FILE_("a//b") }, "an invalid path" },
    { { DIR(""), FILE_("a/./b") }, "an invalid path" },
    { { DIR(""), FILE_("a/") }, "an invalid path" },
    { { DIR(""), FILE_(".") }, "an invalid path" },
    { { DIR(""), DIR(".."), FILE_("../x") }, "an invalid path" },
    { { DIR(""), LINK("l", ".."), FILE_("l/out") }, "symbolic link" },
    { { DIR(""), LINK("l", "/"), DIR("l/pyro-hostile") }, "symbolic link" },
    { { DIR(""), LINK("l", ".."), DIR_END("l") }, "symbolic link" },
    { { DIR(""), LINK("l", ".."), FILE_("l") }, "File exists" },
    { { DIR(""), LINK("l", ".."), HARD("h", "l/secret") }, "hard link to 'l/secret'" },
    { { DIR(""), HARD("h", "../secret") }, "a hard link to an invalid path" },
    { { DIR(""), HARD("h", "/etc/passwd") }, "a hard link to an invalid path" },
    { { DIR(""), HARD("h", "nothing") }, "hard link to 'nothing'" },
    { { DIR(""), LINK("l", "../secret"), HARD("h", "l"), FILE_("h") }, "File exists" },
    { { FILE_("a") }, "comes before" },
    { { DIR(""), DIR("") }, "comes twice" },
    { { FILE_(""), FILE_("a") }, "comes before" },
    { { LINK("", ".."), FILE_("secret") }, "comes before" },
    { { LINK("", ".."), DIR("") }, "comes twice" },
    { { DIR_END("") }, "ends before" },
    { { HARD("", "x") }, "an impossible root" },
    { { DIR(""), { .type = TREE_SYMLINK, .path = "l" } }, "missing target" },
    { { DIR(""), { .type = TREE_FILE, .path = "f", .mtime_ns = 1000000000 } },
      "impossible mode or time" },
    { { DIR(""), { .type = TREE_DIRECTORY, .path = "d", .size = 1 } }, "impossible size" },
    { { DIR(""), { .type = 7, .path = "d" } }, "unknown type" },
};

static void put_entries(const struct tree_entry *entries, struct buf *to)
{
    struct pyro_error err = { 0 };
    struct tree_output out;

    assert_true(tree_output_init(&out, tree_to_buf, to, &err));
    for (int i = 0; i < 4 && entries[i].type; i++)
        assert_true(tree_put_entry(&out, &entries[i], &err));
    assert_true(tree_put_done(&out, &err));
    tree_output_release(&out);
}

static void test_write_refuses_what_wants_out(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
        char dir[4096];
        int fd = tree_new_dir(dir);
        struct tree_write w = { .dirfd = fd, .name = "in", .label = "in", .mode_mask = 0777 };
        scoped_buf stream = BUF_INIT(TREE_STREAM_MAX);
        struct pyro_error err = { 0 };
        struct tree_counts counts;

        put_entries(hostile[i].entries, &stream);
        tree_sh(dir, NULL, "echo secret >\"$A/secret\"");
        if (tree_unstream(&stream, &w, &counts, &err))
            fail_msg("case %zu was written", i);
        if (!strstr(err.message, hostile[i].said))
            fail_msg("case %zu: %s", i, err.message);
        tree_sh(dir, NULL,
                "cd \"$A\" && [ \"$(ls | tr '\\n' ' ')\" = 'in secret ' -o \"$(ls)\" = secret ] && "
                "[ \"$(cat secret)\" = secret ] && [ $(stat -c %h secret) = 1 ] && "
                "[ ! -e /tmp/pyro-hostile ] && [ ! -e /pyro-hostile ]");
        close(fd);
        tree_forget(dir);
    }
}

static void test_write_stops_at_its_limits(void **state UNUSED)
{
    static const struct tree_entry three[4] = { DIR(""), FILE_("a"), FILE_("b") };
    static const uint8_t content[1000];
    struct tree_entry big = { .type = TREE_FILE, .path = "big", .mode = 0644, .size = 1000 };
    char dir[4096];
    int fd = tree_new_dir(dir);
    struct tree_write w = {
        .dirfd = fd, .label = "in", .mode_mask = 0777, .max_entries = 1, .replace = true
    };
    scoped_buf entries = BUF_INIT(TREE_STREAM_MAX), bytes = BUF_INIT(TREE_STREAM_MAX);
    struct pyro_error err = { 0 };
    struct tree_output out;
    struct tree_counts counts;

    put_entries(three, &entries);
    assert_false(tree_unstream(&entries, &w, &counts, &err));
    assert_non_null(strstr(err.message, "'in/b' exceeds the limit of entries"));
    assert_true(tree_output_init(&out, tree_to_buf, &bytes, &err));
    assert_true(tree_put_entry(&out, &big, &err) && tree_put_extent(&out, 0, 1000, &err) &&
                tree_put_data(&out, content, 1000, &err) && tree_put_done(&out, &err));
    tree_output_release(&out);
    w.max_entries = 0;
    w.max_bytes = 8191; /* a block of content, and one for the entry */
    assert_false(tree_unstream(&bytes, &w, &counts, &err));
    assert_non_null(strstr(err.message, "'in/big' would exceed the size limit"));
    w.max_bytes = 8192;
    assert_true(tree_unstream(&bytes, &w, &counts, &err));
    close(fd);
    tree_forget(dir);
}

/* Entries without content take room too. */
static void test_empty_entries_have_a_cost(void **state UNUSED)
{
    char dir[4096];
    int fd = tree_new_dir(dir);
    struct tree_write w = {
        .dirfd = fd, .label = "in", .mode_mask = 0777, .max_bytes = 1 << 20, .replace = true
    };
    scoped_buf stream = BUF_INIT(TREE_STREAM_MAX);
    struct pyro_error err = { 0 };
    struct tree_output out;
    struct tree_counts counts;

    assert_true(tree_output_init(&out, tree_to_buf, &stream, &err));
    for (int i = 0; i < 257; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        assert_true(tree_put_entry(
            &out, &(struct tree_entry){ .type = TREE_DIRECTORY, .path = name, .mode = 0755 },
            &err));
    }
    assert_true(tree_put_done(&out, &err));
    tree_output_release(&out);
    assert_false(tree_unstream(&stream, &w, &counts, &err));
    assert_non_null(strstr(err.message, "'in/256' would exceed the size limit"));
    close(fd);
    tree_forget(dir);
}

static void test_sums_do_not_wrap(void **state UNUSED)
{
    const struct tree_entry huge = { .type = TREE_FILE, .path = "huge", .size = INT64_MAX };
    struct pyro_error err = { 0 };
    struct tree_counts c = { 0 };

    assert_true(tree_count_entry(&c, &huge, &err));
    assert_false(tree_count_entry(&c, &huge, &err));
    assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
    assert_true(c.bytes == INT64_MAX);
    assert_false(tree_count_data(&c, INT64_MAX, 1, &err));
    assert_false(tree_count_data(&c, 0, UINT64_MAX, &err));
    assert_int_equal(c.data_bytes, 0);
    /* Pieces of one block are one block. */
    assert_true(tree_count_data(&c, 0, 10, &err) && tree_count_data(&c, 10, 4086, &err));
    assert_true(tree_count_data(&c, 4096, 1, &err));
    assert_int_equal(c.block_bytes, 8192);
    assert_true(tree_cost(&c) == 8192 + 2 * TREE_BLOCK_BYTES);
    c.entries = INT64_MAX;
    assert_true(tree_cost(&c) == INT64_MAX);
}

static void test_write_over_what_is_there(void **state UNUSED)
{
    static const struct tree_entry file_over_dir[4] = { FILE_("d") },
                                   dir_over_file[4] = { DIR("f") },
                                   through_link[4] = { FILE_("l/x") };
    static const struct {
        const struct tree_entry *entries;
        const char *said;
    } cases[] = {
        { file_over_dir, "'in/d' is a directory there" },
        { dir_over_file, "'in/f' is there already" },
        { through_link, "'in/l/x': a symbolic link is in its way" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char dir[4096];
        int fd = tree_new_dir(dir);
        struct tree_write w = { .dirfd = fd, .label = "in", .mode_mask = 0777, .replace = true };
        scoped_buf stream = BUF_INIT(TREE_STREAM_MAX);
        struct pyro_error err = { 0 };
        struct tree_counts counts;
        tree_sh(dir, NULL, "cd \"$A\" && mkdir d && echo f >f && echo in >d/in && ln -s d l");
        put_entries(cases[i].entries, &stream);
        assert_false(tree_unstream(&stream, &w, &counts, &err));
        if (!strstr(err.message, cases[i].said))
            fail_msg("case %zu: %s", i, err.message);
        tree_sh(dir, NULL,
                "cd \"$A\" && [ \"$(ls -A | tr '\\n' ' ')\" = 'd f l ' ] && [ $(ls d) = in ] && "
                "[ $(cat f) = f ]");
        close(fd);
        tree_forget(dir);
    }
}

static void test_a_stream_cut_short_is_an_error(void **state UNUSED)
{
    char from[4096], to[4096];
    int from_fd = tree_new_dir(from), to_fd = tree_new_dir(to);
    scoped_buf stream = BUF_INIT(TREE_STREAM_MAX);
    struct tree_write w = { .dirfd = to_fd, .label = "in", .mode_mask = 0777, .replace = true };
    struct pyro_error err = { 0 };
    struct tree_counts counts;
    size_t whole;

    tree_sh(from, NULL, "cd \"$A\" && echo one >one && mkdir d && ln -s one d/two");
    assert_true(tree_stream(from_fd, NULL, &stream, &err));
    whole = stream.len;
    for (stream.len = 0; stream.len < whole; stream.len++) {
        assert_false(tree_unstream(&stream, &w, &counts, &err));
        assert_int_equal(err.code, PYRO_GUEST_PROTOCOL);
    }
    assert_true(tree_unstream(&stream, &w, &counts, &err));
    close(from_fd);
    close(to_fd);
    tree_forget(from);
    tree_forget(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_keeps_everything),
        cmocka_unit_test(test_walk_of_one_file),
        cmocka_unit_test(test_walk_names_what_cannot_be_taken),
        cmocka_unit_test(test_write_refuses_what_wants_out),
        cmocka_unit_test(test_write_stops_at_its_limits),
        cmocka_unit_test(test_empty_entries_have_a_cost),
        cmocka_unit_test(test_sums_do_not_wrap),
        cmocka_unit_test(test_write_over_what_is_there),
        cmocka_unit_test(test_a_stream_cut_short_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
