/* guest/elf.c: from the program headers to the dynamic section, and to the names in its strings. */
#include "guest/elf.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS_MAX 64
#define DYNAMIC_MAX 512

struct elf {
    int fd;
    Elf64_Phdr segments[SEGMENTS_MAX];
    size_t segment_count;
};

static bool read_at(int fd, uint64_t offset, void *to, size_t n)
{
    return offset <= INT64_MAX && pread(fd, to, n, (off_t)offset) == (ssize_t)n;
}

/* A string that ends within ELF_NAME_SIZE, and is not empty. */
static bool read_name(int fd, uint64_t offset, char ret[ELF_NAME_SIZE])
{
    char text[ELF_NAME_SIZE];
    ssize_t n = offset <= INT64_MAX ? pread(fd, text, sizeof(text), (off_t)offset) : -1;

    if (n <= 1 || !text[0] || !memchr(text, '\0', (size_t)n))
        return false;
    memcpy(ret, text, strlen(text) + 1);
    return true;
}

static bool open_elf(int fd, struct elf *ret)
{
    Elf64_Ehdr e;

    if (!read_at(fd, 0, &e, sizeof(e)) || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
        e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_ident[EI_DATA] != ELFDATA2LSB ||
        e.e_phentsize != sizeof(Elf64_Phdr) || e.e_phnum > SEGMENTS_MAX)
        return false;
    ret->fd = fd;
    ret->segment_count = e.e_phnum;
    return read_at(fd, e.e_phoff, ret->segments, e.e_phnum * sizeof(Elf64_Phdr));
}

static const Elf64_Phdr *find_segment(const struct elf *e, uint32_t type)
{
    for (size_t i = 0; i < e->segment_count; i++)
        if (e->segments[i].p_type == type)
            return &e->segments[i];
    return NULL;
}

/* Where in the file an address of the program's memory comes from. */
static bool file_offset(const struct elf *e, uint64_t address, uint64_t *ret)
{
    for (size_t i = 0; i < e->segment_count; i++) {
        const Elf64_Phdr *s = &e->segments[i];
        if (s->p_type == PT_LOAD && address >= s->p_vaddr && address - s->p_vaddr < s->p_filesz &&
            !__builtin_add_overflow(s->p_offset, address - s->p_vaddr, ret))
            return true;
    }
    return false;
}

/* The dynamic section, one entry after the other. */
struct dynamic {
    const struct elf *elf;
    uint64_t at, left;
};

static bool next_entry(struct dynamic *d, Elf64_Dyn *ret)
{
    if (!d->left || !read_at(d->elf->fd, d->at, ret, sizeof(*ret)) || ret->d_tag == DT_NULL)
        return false;
    d->left--;
    d->at += sizeof(*ret);
    return true;
}

static struct dynamic dynamic_of(const struct elf *e, const Elf64_Phdr *s)
{
    uint64_t count = s->p_filesz / sizeof(Elf64_Dyn);

    return (struct dynamic){ .elf = e,
                             .at = s->p_offset,
                             .left = count < DYNAMIC_MAX ? count : DYNAMIC_MAX };
}

static bool find_strings(const struct elf *e, const Elf64_Phdr *section, uint64_t *ret)
{
    struct dynamic d = dynamic_of(e, section);
    Elf64_Dyn entry;

    while (next_entry(&d, &entry))
        if (entry.d_tag == DT_STRTAB)
            return file_offset(e, entry.d_un.d_ptr, ret);
    return false;
}

static bool read_needed(const struct elf *e, const Elf64_Phdr *section, struct elf_needs *ret)
{
    struct dynamic d = dynamic_of(e, section);
    uint64_t strings, at;
    Elf64_Dyn entry;

    if (!find_strings(e, section, &strings))
        return false;
    while (ret->needed_count < ELF_NEEDED_MAX && next_entry(&d, &entry)) {
        if (entry.d_tag != DT_NEEDED)
            continue;
        if (__builtin_add_overflow(strings, entry.d_un.d_val, &at) ||
            !read_name(e->fd, at, ret->needed[ret->needed_count]))
            return false;
        ret->needed_count++;
    }
    return true;
}

bool elf_read_needs(int fd, struct elf_needs *ret)
{
    const Elf64_Phdr *segment;
    struct elf e;

    ret->interpreter[0] = '\0';
    ret->needed_count = 0;
    if (!open_elf(fd, &e))
        return false;
    segment = find_segment(&e, PT_INTERP);
    if (segment && !read_name(fd, segment->p_offset, ret->interpreter))
        return false;
    segment = find_segment(&e, PT_DYNAMIC);
    return !segment || read_needed(&e, segment, ret);
}
