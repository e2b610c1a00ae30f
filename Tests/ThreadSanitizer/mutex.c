// Makes Swift's Mutex known to ThreadSanitizer. Its fast path is inlined into our code, which the
// sanitizer sees; a contended mutex is locked and unlocked by two functions of libswiftSynchronization,
// which is not built with it. A bundle of tests that holds these two definitions calls them instead:
// they do what the library does, and tell the sanitizer that the unlock happens before the lock.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include "next.h"

// Methods of Synchronization._MutexHandle: `self` is an address, in the register for it.
#define METHOD __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

METHOD void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
METHOD void unlock_slow(SELF) __asm__(UNLOCK);

METHOD void lock_slow(uint32_t thread, SELF) {
	((METHOD void (*)(uint32_t, SELF))next(LOCK))(thread, self);
	__tsan_acquire(self);
}

METHOD void unlock_slow(SELF) {
	__tsan_release(self);
	((METHOD void (*)(SELF))next(UNLOCK))(self);
}

#endif
#endif
