#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>
#include <sys/mman.h>

int gantry_discard_pages(void *start, size_t count) { return madvise(start, count, MADV_DONTNEED); }

void gantry_trim_heap(void) { malloc_trim(0); }

void gantry_bound_heap(int arenas, int mapped_from) {
    mallopt(M_ARENA_MAX, arenas);
    mallopt(M_MMAP_THRESHOLD, mapped_from);
}
