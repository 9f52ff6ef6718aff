/* engine/client/ephemeral.c: the stream that keeps an ephemeral workspace. */
#include "engine/client/ephemeral.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "vmm/base/fs.h"

/* Raw frames, for nothing is ever read from it but its end. */
int workspace_hold(int dir_fd, const char *id, struct pyro_error *err)
{
    static const char text[] = "{\"op\":\"hold\"}";
    struct wire_frame f = {
        .stream = 1, .type = WIRE_OPEN, .payload = (const uint8_t *)text, .length = sizeof(text) - 1
    };
    uint8_t frame[WIRE_HEADER_SIZE + sizeof(text) - 1];
    scoped_close int fd = supervisor_connect(dir_fd, id, err);

    if (fd < 0)
        return -1;
    wire_put_header(frame, &f);
    memcpy(frame + WIRE_HEADER_SIZE, text, f.length);
    return fs_write_all(fd, frame, sizeof(frame), err) ? take_fd(&fd) : -1;
}

bool workspace_let_go(const struct store *store, int dir_fd, const char *id, int hold_fd)
{
    scoped_close int lock = -1;

    if (hold_fd >= 0)
        close(hold_fd);
    lock = fs_lock(dir_fd, "lock", true, NULL);
    return faccessat(store->fd, id, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}
