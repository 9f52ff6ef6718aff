/* engine/state/store_names.c: a line "NAME ID" for each workspace that has a name. */
#include "engine/state/store_names.h"

#include <string.h>

#include "engine/state/names.h"
#include "vmm/base/fs.h"

#define NAMES_FILE ".names"
#define NAMES_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define FIRST_LINE "pyro names 1\n"

bool store_names_find(int store_fd, const char *name, char ret_id[WORKSPACE_ID_LENGTH + 1])
{
    scoped_buf text = BUF_INIT(NAMES_BYTES_MAX);
    scoped_free char *line = str_printf("\n%s ", name);
    const char *at, *id;

    if (!fs_read_file(store_fd, NAMES_FILE, &text, NULL) ||
        strncmp(text.data, FIRST_LINE, strlen(FIRST_LINE)) != 0)
        return false;
    at = strstr(text.data, line);
    id = at ? at + strlen(line) : "";
    if (strspn(id, "0123456789abcdef") != WORKSPACE_ID_LENGTH || id[WORKSPACE_ID_LENGTH] != '\n')
        return false;
    memcpy(ret_id, id, WORKSPACE_ID_LENGTH);
    ret_id[WORKSPACE_ID_LENGTH] = '\0';
    return true;
}

void store_names_begin(struct store_names *n)
{
    *n = (struct store_names){ .text = BUF_INIT(NAMES_BYTES_MAX) };
    (void)!buf_append_str(&n->text, FIRST_LINE);
}

void store_names_add(struct store_names *n, const struct workspace_record *r)
{
    n->count++;
    if (r->name && workspace_check_name("name", r->name, NULL)) /* one without a line in it */
        (void)!buf_printf(&n->text, "%s %s\n", r->name, r->id);
}

void store_names_finish(struct store_names *n, int store_fd)
{
    if (n->count >= STORE_NAMES_MIN)
        (void)!fs_replace(store_fd, NAMES_FILE, n->text.data, n->text.len, 0600, NULL);
    buf_release(&n->text);
}
