/* engine/image/kernel/modinfo.c: from ELF's section table to the strings; every offset is checked.
 */
#include "engine/image/kernel/modinfo.h"

#include <elf.h>
#include <string.h>

#define SECTION ".modinfo"

static bool damaged(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "not a kernel module, or a damaged one");
}

static bool is_within(uint64_t offset, uint64_t size, size_t n)
{
    return offset <= n && size <= n - offset;
}

static bool get_section(const char *bytes, size_t n, const Elf64_Ehdr *e, unsigned index,
                        Elf64_Shdr *ret)
{
    if (!is_within(e->e_shoff, (uint64_t)(index + 1) * sizeof(*ret), n))
        return false;
    memcpy(ret, bytes + e->e_shoff + index * sizeof(*ret), sizeof(*ret));
    return ret->sh_type == SHT_NOBITS || is_within(ret->sh_offset, ret->sh_size, n);
}

bool modinfo_open(const void *bytes, size_t n, struct modinfo *ret, struct pyro_error *err)
{
    Elf64_Shdr names, section;
    Elf64_Ehdr e;

    *ret = (struct modinfo){ 0 };
    if (n < sizeof(e))
        return damaged(err);
    memcpy(&e, bytes, sizeof(e));
    if (memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 || e.e_ident[EI_CLASS] != ELFCLASS64 ||
        e.e_ident[EI_DATA] != ELFDATA2LSB || e.e_shentsize != sizeof(section) ||
        !get_section(bytes, n, &e, e.e_shstrndx, &names) || names.sh_type == SHT_NOBITS)
        return damaged(err);
    for (unsigned i = 0; i < e.e_shnum; i++) {
        if (!get_section(bytes, n, &e, i, &section))
            return damaged(err);
        if (section.sh_type != SHT_NOBITS &&
            is_within(section.sh_name, sizeof(SECTION), (size_t)names.sh_size) &&
            !memcmp((const char *)bytes + names.sh_offset + section.sh_name, SECTION,
                    sizeof(SECTION))) {
            ret->at = (const char *)bytes + section.sh_offset;
            ret->left = (size_t)section.sh_size;
            return true;
        }
    }
    return true;
}

const char *modinfo_next(struct modinfo *m)
{
    while (m->left) {
        const char *string = m->at, *end = memchr(string, '\0', m->left);
        if (!end)
            break;
        m->left -= (size_t)(end + 1 - string);
        m->at = end + 1;
        if (*string) /* between strings there may be more than one NUL */
            return string;
    }
    return NULL;
}

const char *modinfo_value(const char *string, const char *key)
{
    size_t n = strlen(key);

    return !strncmp(string, key, n) && string[n] == '=' ? string + n + 1 : NULL;
}
