/* engine/client/ephemeral.c: the stream that keeps an ephemeral workspace. */
#include "engine/client/ephemeral.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"

#define END_MS 60000 /* from the end of the hold until all there was of it is removed */

/* Raw frames: nothing is ever read from it but its end. */
int ephemeral_hold(const struct workspace_handle *w, struct pyro_error *err)
{
    static const char text[] = "{\"op\":\"hold\"}";
    struct wire_frame f = {
        .stream = 1, .type = WIRE_OPEN, .payload = (const uint8_t *)text, .length = sizeof(text) - 1
    };
    uint8_t frame[WIRE_HEADER_SIZE + sizeof(text) - 1];
    scoped_close int fd = supervisor_connect(w, MACHINE_AS_IT_IS, err);

    if (fd < 0)
        return -1;
    wire_put_header(frame, &f);
    memcpy(frame + WIRE_HEADER_SIZE, text, f.length);
    return fs_write_all(fd, frame, sizeof(frame), err) ? take_fd(&fd) : -1;
}

bool ephemeral_end(const struct workspace_handle *w, int hold_fd)
{
    scoped_close int lock = -1;

    if (hold_fd >= 0)
        close(hold_fd);
    lock = fs_lock(w->dir_fd, "lock", patience_until(END_MS), NULL);
    return faccessat(w->store.fd, w->id, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}
