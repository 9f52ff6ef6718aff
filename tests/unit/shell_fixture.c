/* tests/unit/shell_fixture.c: a shell's files in a directory of their own. */
#include "tests/unit/shell_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

int dir_fd;
struct shell_record record;
struct shell_log shell_log;

static char dir[64], cwd[] = "/workspace";

void resize(int64_t cols, int64_t rows)
{
    record.cols = cols;
    record.rows = rows;
    shell_log_resize(&shell_log, shell_log.file.size);
}

int open_log(void **state UNUSED)
{
    struct pyro_error err = { 0 };

    snprintf(dir, sizeof(dir), "/tmp/pyro-shell-read-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    record = (struct shell_record){
        .id = "sh1", .running = true, .cwd = cwd, .cols = 40, .rows = 10, .exit_code = -1
    };
    if (dir_fd < 0 || mkdirat(dir_fd, SHELLS_DIR, 0700) != 0 ||
        !shell_record_save(dir_fd, &record, &err) ||
        !shell_log_open(&shell_log, dir_fd, &record, false, &err))
        return -1;
    resize(40, 10);
    return 0;
}

int close_log(void **state UNUSED)
{
    shell_log_close(&shell_log);
    close(dir_fd);
    return fs_remove_tree(AT_FDCWD, dir, NULL) ? 0 : -1;
}

void print_bytes(const void *bytes, size_t n)
{
    struct pyro_error err = { 0 };
    size_t written;

    assert_true(guest_log_add(&shell_log.file, bytes, n, &written, &err));
    assert_int_equal(written, n);
}

void print(const char *text)
{
    print_bytes(text, strlen(text));
}
