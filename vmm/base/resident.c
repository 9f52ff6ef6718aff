/* vmm/base/resident.c: the memory that a process which only waits keeps in use. */
#include "vmm/base/resident.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/base/cleanup.h"

/* What was never written is in its file as it is in memory. Relocated data is in segments that can be written. */
static int resident_on_object(struct dl_phdr_info *object, size_t size UNUSED, void *arg UNUSED)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t begin = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
            (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}

void resident_release(void)
{
    malloc_trim(0);
    dl_iterate_phdr(resident_on_object, NULL);
}
