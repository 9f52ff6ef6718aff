/*
 * What the kernel and the loader need to start a program: the interpreter (PT_INTERP) and the libraries
 * (DT_NEEDED) that an ELF file of 64 bits names. The file is whatever an image holds: every number is
 * checked, what is read has a limit, and nothing is allocated. ELF: elf(5), System V ABI chapter 5.
 */
#ifndef PYRO_GUEST_ELF_H
#define PYRO_GUEST_ELF_H

#include <stdbool.h>
#include <stddef.h>

#define ELF_NAME_SIZE 256 /* its NUL counted; what has longer ones is not started by us either */
#define ELF_NEEDED_MAX 64

struct elf_needs {
    char interpreter[ELF_NAME_SIZE]; /* ""; it has none */
    char needed[ELF_NEEDED_MAX][ELF_NAME_SIZE];
    size_t needed_count;
};

/* Reads at most some 60 KB of the file. False: it is no such file, or a damaged one; what it names up to
 * there is in *ret all the same. */
bool elf_read_needs(int fd, struct elf_needs *ret);

#endif
