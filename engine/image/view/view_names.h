/* The names of a directory in their order, to walk a tree, or two side by side. */
#ifndef PYRO_IMAGE_VIEW_NAMES_H
#define PYRO_IMAGE_VIEW_NAMES_H

#include "engine/image/view/view.h"
#include "vmm/base/buf.h"

struct view_name {
    size_t at; /* in the list's text; not terminated */
    uint16_t length;
    uint32_t inode;
    mode_t type; /* 0: the directory does not say */
};

struct view_names {
    struct view_name *items;
    size_t count, room;
    struct buf text;
    bool failed;
};
#define VIEW_NAMES_INIT { .items = NULL }

/* Of one directory, by their bytes. Release *ret in any case. */
bool view_names_list(struct view *v, uint32_t directory, struct view_names *ret,
                     struct pyro_error *err) MUST_CHECK;
void view_names_release(struct view_names *n);

/* Two directories side by side: each name once. */
struct view_names_pair {
    const struct view_names *a, *b;
    size_t i, k;
};
/* The next name; *ret_a or *ret_b is NULL where it is not in that one. False at the end. */
bool view_names_next(struct view_names_pair *p, const struct view_name **ret_a,
                     const struct view_name **ret_b, const char **ret_name);

#endif
