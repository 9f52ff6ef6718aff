/* engine/image/layout/entry_attributes.c: the opposite of engine/image/ext4/attributes.c. */
#include "engine/image/layout/entry_attributes.h"

#include <string.h>

#include <archive.h>

#include "engine/image/view/view_xattr.h"

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"
#define ACL_ENTRY_BYTES 8 /* le16 tag, le16 bits, le32 id, after a le32 version */

static const struct {
    uint16_t tag;
    int archive_tag;
} tags[] = {
    { 0x01, ARCHIVE_ENTRY_ACL_USER_OBJ },  { 0x02, ARCHIVE_ENTRY_ACL_USER },
    { 0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ }, { 0x08, ARCHIVE_ENTRY_ACL_GROUP },
    { 0x10, ARCHIVE_ENTRY_ACL_MASK },      { 0x20, ARCHIVE_ENTRY_ACL_OTHER },
};

static uint32_t le(const uint8_t *bytes, size_t n)
{
    uint32_t value = 0;

    while (n--)
        value = value << 8 | bytes[n];
    return value;
}

static void add_acl(struct archive_entry *entry, int type, const uint8_t *bytes, size_t n)
{
    for (size_t at = 4; at + ACL_ENTRY_BYTES <= n; at += ACL_ENTRY_BYTES)
        for (size_t t = 0; t < ARRAY_SIZE(tags); t++) {
            uint32_t bits = le(bytes + at + 2, 2);
            int permissions = (bits & 4 ? ARCHIVE_ENTRY_ACL_READ : 0) |
                              (bits & 2 ? ARCHIVE_ENTRY_ACL_WRITE : 0) |
                              (bits & 1 ? ARCHIVE_ENTRY_ACL_EXECUTE : 0);
            if (le(bytes + at, 2) == tags[t].tag)
                archive_entry_acl_add_entry(entry, type, permissions, tags[t].archive_tag,
                                            (int)le(bytes + at + 4, 4), NULL);
        }
}

static bool entry_attributes_visit(void *arg, const char *name, const void *value, size_t size)
{
    struct archive_entry *entry = arg;

    if (!strcmp(name, ACL_ACCESS))
        add_acl(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, value, size);
    else if (!strcmp(name, ACL_DEFAULT))
        add_acl(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, value, size);
    else if (!strcmp(name, "security.capability") || !strncmp(name, "user.", strlen("user.")))
        archive_entry_xattr_add_entry(entry, name, value, size);
    return true;
}

bool entry_attributes_add(struct view *v, uint32_t inode, struct archive_entry *entry,
                          struct pyro_error *err)
{
    return view_each_xattr(v, inode, entry_attributes_visit, entry, err);
}
