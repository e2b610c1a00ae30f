#define _GNU_SOURCE
#include "CLinux.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

int gantry_discard_pages(void *start, size_t count) { return madvise(start, count, MADV_DONTNEED); }

// dl_iterate_phdr(3) begins with the program itself.
static int unmap_read_only(struct dl_phdr_info *program, size_t size, void *unused) {
    (void)size, (void)unused;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int number = 0; number < program->dlpi_phnum; number++) {
        const ElfW(Phdr) *segment = &program->dlpi_phdr[number];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t first = (program->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = program->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        madvise((void *)first, end - first, MADV_DONTNEED);
    }
    return 1;
}

void gantry_unmap_code(void) { dl_iterate_phdr(unmap_read_only, NULL); }

void gantry_trim_heap(void) { malloc_trim(0); }

void gantry_bound_heap(int arenas, int mapped_from) {
    mallopt(M_ARENA_MAX, arenas);
    mallopt(M_MMAP_THRESHOLD, mapped_from);
}
