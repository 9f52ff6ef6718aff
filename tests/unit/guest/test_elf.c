/* tests/unit/guest/test_elf.c: what a program needs, of real ones and of damaged ones. */
#include "tests/unit/unit.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/elf.h"
#include "vmm/base/cleanup.h"

static struct elf_needs needs;

static bool needs_library(const char *name)
{
    for (size_t i = 0; i < needs.needed_count; i++)
        if (!strcmp(needs.needed[i], name))
            return true;
    return false;
}

static void test_elf_read_needs_of_a_program(void **state UNUSED)
{
    scoped_close int fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);

    assert_true(elf_read_needs(fd, &needs));
    assert_string_equal(needs.interpreter, "/lib64/ld-linux-x86-64.so.2");
    assert_true(needs_library("libc.so.6"));
}

static void test_elf_read_needs_of_a_static_program(void **state UNUSED)
{
    scoped_close int fd = open("build/pyro-guest", O_RDONLY | O_CLOEXEC);

    assert_true(elf_read_needs(fd, &needs));
    assert_string_equal(needs.interpreter, "");
    assert_int_equal(needs.needed_count, 0);
}

static void test_elf_read_needs_of_no_program(void **state UNUSED)
{
    static const char *const names[] = { "Makefile", "/dev/null", "/" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        scoped_close int fd = open(names[i], O_RDONLY | O_CLOEXEC);
        assert_false(elf_read_needs(fd, &needs));
        assert_int_equal(needs.needed_count, 0);
    }
}

/* A program of a header, an interpreter and a dynamic section, as each row changes it. */
struct small {
    Elf64_Ehdr header;
    Elf64_Phdr load, interpreter, dynamic;
    Elf64_Dyn entries[4];
    char strings[300];
};

#define AT 0x10000

static struct small small_program(void)
{
    struct small s = { .strings = "\0ld.so\0liba.so\0libb.so" };

    memcpy(s.header.e_ident, ELFMAG, SELFMAG);
    s.header.e_ident[EI_CLASS] = ELFCLASS64;
    s.header.e_ident[EI_DATA] = ELFDATA2LSB;
    s.header.e_phoff = offsetof(struct small, load);
    s.header.e_phentsize = sizeof(s.load);
    s.header.e_phnum = 3;
    s.load = (Elf64_Phdr){ .p_type = PT_LOAD, .p_vaddr = AT, .p_filesz = sizeof(s) };
    s.interpreter =
        (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = offsetof(struct small, strings) + 1 };
    s.dynamic = (Elf64_Phdr){ .p_type = PT_DYNAMIC,
                              .p_offset = offsetof(struct small, entries),
                              .p_filesz = sizeof(s.entries) };
    s.entries[0] = (Elf64_Dyn){ .d_tag = DT_NEEDED, .d_un.d_val = 7 };
    s.entries[1] = (Elf64_Dyn){ .d_tag = DT_NEEDED, .d_un.d_val = 15 };
    s.entries[2] =
        (Elf64_Dyn){ .d_tag = DT_STRTAB, .d_un.d_ptr = AT + offsetof(struct small, strings) };
    return s;
}

static bool read_small(const struct small *s)
{
    scoped_close int fd = memfd_create("elf", MFD_CLOEXEC);

    assert_int_equal(write(fd, s, sizeof(*s)), sizeof(*s));
    return elf_read_needs(fd, &needs);
}

static void test_elf_read_needs_by_hand(void **state UNUSED)
{
    struct small s = small_program();

    assert_true(read_small(&s));
    assert_string_equal(needs.interpreter, "ld.so");
    assert_int_equal(needs.needed_count, 2);
    assert_string_equal(needs.needed[0], "liba.so");
    assert_string_equal(needs.needed[1], "libb.so");
}

static void spoil(struct small *s, int how)
{
    switch (how) {
    case 0:
        s->header.e_phnum = 65;
        break;
    case 1:
        s->header.e_phoff = UINT64_MAX;
        break;
    case 2:
        s->interpreter.p_offset = UINT64_MAX - 3;
        break;
    case 3:
        s->entries[2].d_un.d_ptr = AT - 1;
        break;
    case 4:
        s->entries[2].d_un.d_ptr = UINT64_MAX;
        break;
    case 5:
        s->entries[2].d_tag = DT_NULL;
        break;
    case 6:
        s->entries[1].d_un.d_val = UINT64_MAX;
        break;
    case 7:
        s->entries[1].d_un.d_val = sizeof(*s);
        break;
    case 8:
        memset(s->strings + 7, 'x', sizeof(s->strings) - 7);
        break;
    case 9:
        s->load.p_offset = UINT64_MAX;
        break;
    case 10:
        s->entries[0].d_un.d_val = 0;
        break;
    default:
        s->header.e_ident[EI_CLASS] = ELFCLASS32;
    }
}

static void test_elf_read_needs_of_damaged_ones(void **state UNUSED)
{
    for (int how = 0; how <= 11; how++) {
        struct small s = small_program();
        spoil(&s, how);
        if (read_small(&s))
            fail_msg("damage %d is not seen", how);
    }
}

static void test_elf_read_needs_ends_where_the_section_does(void **state UNUSED)
{
    struct small s = small_program();

    s.dynamic.p_filesz = UINT64_MAX; /* the NULL entry is the end */
    assert_true(read_small(&s));
    assert_int_equal(needs.needed_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf_read_needs_of_a_program),
        cmocka_unit_test(test_elf_read_needs_of_a_static_program),
        cmocka_unit_test(test_elf_read_needs_of_no_program),
        cmocka_unit_test(test_elf_read_needs_by_hand),
        cmocka_unit_test(test_elf_read_needs_of_damaged_ones),
        cmocka_unit_test(test_elf_read_needs_ends_where_the_section_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
