/* engine/image/ext4/attributes.c: the attributes of a tar member beyond mode and owner. */
#include "engine/image/ext4/attributes.h"

#include <string.h>

#include <archive.h>

#include "engine/image/ext4/blocks.h"
#include "vmm/base/buf.h"

#define ENTRY_BYTES 16                /* in the attribute block, before the name */
#define ROOM_BYTES (BLOCK_BYTES - 36) /* header, and the four zero bytes that end the list */
#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"
#define ACL_ENTRIES_MAX 400
#define ACL_VERSION                                                                                \
    2 /* acl(5) as an attribute: le32 version, then le16 tag, le16 bits, le32 id                   \
       */
#define ACL_ENTRY_BYTES 8
#define ACL_NO_ID 0xffffffffu

static const struct tag_row {
    int archive_tag;
    uint16_t tag; /* their order is the order they must have */
} tags[] = {
    { ARCHIVE_ENTRY_ACL_USER_OBJ, 0x01 },  { ARCHIVE_ENTRY_ACL_USER, 0x02 },
    { ARCHIVE_ENTRY_ACL_GROUP_OBJ, 0x04 }, { ARCHIVE_ENTRY_ACL_GROUP, 0x08 },
    { ARCHIVE_ENTRY_ACL_MASK, 0x10 },      { ARCHIVE_ENTRY_ACL_OTHER, 0x20 },
};

/* Those that mean the same in every machine: not what a security module, or pyro, noted in one. */
static bool is_known(const char *name)
{
    const char *user = "user.";

    return !strcmp(name, "security.capability") ||
           (!strncmp(name, user, strlen(user)) && name[strlen(user)] && strlen(name) <= 255);
}

bool attributes_may_be_taken(const char *name)
{
    return is_known(name) || !strcmp(name, ACL_ACCESS) || !strcmp(name, ACL_DEFAULT);
}

static size_t room_needed(const struct inode *i)
{
    size_t sum = 0;

    for (const struct xattr *x = i->xattrs; x; x = x->next)
        sum += ENTRY_BYTES + ((strlen(x->name) + 3) & ~(size_t)3) + ((x->size + 3) & ~(size_t)3);
    return sum;
}

/* Appends the entries of one tag. */
static bool append_tag(struct archive_entry *entry, int type, const struct tag_row *row,
                       struct buf *out, struct pyro_error *err)
{
    int rtype, permset, tag, id;
    const char *name;

    archive_entry_acl_reset(entry, type);
    while (archive_entry_acl_next(entry, type, &rtype, &permset, &tag, &id, &name) == ARCHIVE_OK) {
        bool named = tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP;
        uint32_t bits = (permset & ARCHIVE_ENTRY_ACL_READ ? 4 : 0) |
                        (permset & ARCHIVE_ENTRY_ACL_WRITE ? 2 : 0) |
                        (permset & ARCHIVE_ENTRY_ACL_EXECUTE ? 1 : 0);
        uint8_t bytes[ACL_ENTRY_BYTES];
        if (tag != row->archive_tag || (named && id < 0))
            continue;
        put_u32(bytes, row->tag | bits << 16);
        put_u32(bytes + 4, named ? (uint32_t)id : ACL_NO_ID);
        if (!buf_append(out, bytes, sizeof(bytes)))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its ACL is too long");
    }
    return true;
}

static bool take_acl(struct archive_entry *entry, int type, const char *name, struct inode *i,
                     struct pyro_error *err)
{
    scoped_buf out = BUF_INIT(4 + ACL_ENTRIES_MAX * ACL_ENTRY_BYTES);
    uint8_t version[4];

    if (archive_entry_acl_count(entry, type) == 0)
        return true;
    put_u32(version, ACL_VERSION);
    if (!buf_append(&out, version, sizeof(version)))
        return pyro_no_memory(err, NULL);
    for (size_t t = 0; t < ARRAY_SIZE(tags); t++)
        if (!append_tag(entry, type, &tags[t], &out, err))
            return false;
    return inode_set_xattr(i, name, out.data, out.len, err);
}

bool attributes_take(struct archive_entry *entry, struct inode *i, uint64_t *skipped,
                     struct pyro_error *err)
{
    const char *name;
    const void *value;
    size_t size;

    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
        if (!name || !is_known(name)) {
            ++*skipped;
            continue;
        }
        if (size > ROOM_BYTES)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its extended attributes are too large");
        if (!inode_set_xattr(i, name, value, size, err))
            return false;
        if (room_needed(i) > ROOM_BYTES)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its extended attributes are too large");
    }
    if (!take_acl(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ACL_ACCESS, i, err) ||
        !take_acl(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, ACL_DEFAULT, i, err))
        return false;
    if (room_needed(i) > ROOM_BYTES)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its extended attributes are too large");
    return true;
}
