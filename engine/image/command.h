/*
 * The sub-commands of pyro-image: one const declaration each. Its foreign bytes come from standard
 * input, its output goes to descriptors it inherited, its result is one JSON object. No sub-command
 * can open anything.
 */
#ifndef PYRO_IMAGE_COMMAND_H
#define PYRO_IMAGE_COMMAND_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"

#define IMAGE_LIST_MAX 128

enum image_option_kind {
    IMAGE_OPTION_FD,   /* int: an inherited descriptor */
    IMAGE_OPTION_SIZE, /* int64_t: bytes */
    IMAGE_OPTION_TEXT, /* const char *, borrowed from argv */
    IMAGE_OPTION_LIST, /* struct image_list: may be given more than once */
    IMAGE_OPTION_FLAG, /* bool: takes no value */
    IMAGE_OPTION_FDS,  /* struct image_fds: inherited descriptors, separated by commas */
};

struct image_list {
    const char *items[IMAGE_LIST_MAX];
    unsigned count;
};

#define IMAGE_FDS_MAX 128 /* at least the layers of an image, and those of a disk */

struct image_fds {
    int items[IMAGE_FDS_MAX];
    unsigned count;
};

struct image_option {
    const char *name; /* without the dashes */
    enum image_option_kind kind;
    size_t offset; /* of its field in the command's argument struct */
    bool required;
};

struct image_command {
    const char *name;
    const struct image_option *options;
    size_t option_count;
    size_t args_size;
    /* Before the jail, and before any foreign byte: loads what the jail would not allow. NULL:
     * nothing to do. */
    bool (*prepare)(struct pyro_error *err);
    /* args: a zeroed struct of args_size, descriptors not given are -1. The result is the caller's;
     * NULL with *err set. Runs jailed. */
    json_t *(*run)(const void *args, struct pyro_error *err);
};

extern const struct image_command image_disk_export, image_disk_list, image_disk_read,
    image_disk_seal;
extern const struct image_command image_tar_to_ext4, image_unpack_kernel, image_initramfs,
    image_patch;
extern const struct image_command image_oci_to_ext4, image_archive_to_ext4, image_disk_to_oci;
extern const struct image_command image_diff, image_tar_to_tree, image_jail;
extern const struct image_command image_zstd, image_unzstd;

/* Fills args from argv (without program and sub-command). */
bool image_parse_options(const struct image_command *command, int argc, char *const *argv,
                         void *args, struct pyro_error *err) MUST_CHECK;

#endif
