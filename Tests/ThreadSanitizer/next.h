// What stands in for a library's function calls the library's.

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

// What the library defines under a name that a file here takes.
static inline void *next(const char *name) {
	void *function = dlsym(RTLD_NEXT, name);
	if (!function) abort();
	return function;
}
