#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>
#include <sys/mman.h>

int gantry_discard_pages(void *start, size_t count) { return madvise(start, count, MADV_DONTNEED); }

void gantry_trim_heap(void) { malloc_trim(0); }
