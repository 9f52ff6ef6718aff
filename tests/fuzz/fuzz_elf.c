/* Any bytes as a program: what it needs is named by strings that end, and no more than there is room for. */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/elf.h"
#include "vmm/base/cleanup.h"
#include "vmm/base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_close int fd = memfd_create("fuzz", MFD_CLOEXEC);
    static struct elf_needs needs;

    if (fd < 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
        return 0;
    memset(&needs, 'x', sizeof(needs));
    (void)!elf_read_needs(fd, &needs);
    BUG_ON(needs.needed_count > ELF_NEEDED_MAX);
    BUG_ON(strnlen(needs.interpreter, ELF_NAME_SIZE) == ELF_NAME_SIZE);
    for (size_t i = 0; i < needs.needed_count; i++)
        BUG_ON(!needs.needed[i][0] || strnlen(needs.needed[i], ELF_NAME_SIZE) == ELF_NAME_SIZE);
    return 0;
}
