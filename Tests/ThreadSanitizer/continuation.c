// Makes Swift's continuations known to ThreadSanitizer. The runtime tells it what happens before a task
// that is scheduled; a continuation that is resumed before its task has come to await it schedules
// nothing, and the task goes on with values that nothing seems to order. So whoever resumes one says
// so here, and the task's next step begins with hearing it.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>

#include "next.h"

#define ASYNC __attribute__((swiftasynccall))
#define CONTEXT __attribute__((swift_async_context))
// The sanitizer is not to take this file's own lock for the order of two tasks.
#define UNSEEN __attribute__((disable_sanitizer_instrumentation))

struct context;
typedef ASYNC void (*step)(CONTEXT struct context *);

// How the runtime's AsyncContext begins.
struct context {
	struct context *parent;
	step resume;
};

void *swift_task_getCurrent(void);

// What a task that awaits goes on with.
struct waiting {
	struct waiting *next;
	struct context *context;
	step resume;
};

static struct waiting *waiting[1024];
static atomic_flag lock = ATOMIC_FLAG_INIT;

UNSEEN static struct waiting **slot(struct context *context) {
	return &waiting[(uintptr_t)context / 16 % (sizeof waiting / sizeof *waiting)];
}

UNSEEN static void add(struct waiting *one) {
	struct waiting **first = slot(one->context);
	while (atomic_flag_test_and_set(&lock)) {
	}
	one->next = *first;
	*first = one;
	atomic_flag_clear(&lock);
}

UNSEEN static struct waiting *take(struct context *context) {
	struct waiting **link = slot(context);
	while (atomic_flag_test_and_set(&lock)) {
	}
	while ((*link)->context != context) link = &(*link)->next;
	struct waiting *one = *link;
	*link = one->next;
	atomic_flag_clear(&lock);
	return one;
}

UNSEEN ASYNC static void resumed(CONTEXT struct context *context) {
	struct waiting *one = take(context);
	step resume = one->resume;
	free(one);
	__tsan_acquire(swift_task_getCurrent());
	__attribute__((musttail)) return resume(context);
}

UNSEEN ASYNC void swift_continuation_await(struct context *context) {
	struct waiting *one = malloc(sizeof *one);
	if (!one) abort();
	*one = (struct waiting){.context = context, .resume = context->resume};
	add(one);
	context->resume = resumed;
	__attribute__((musttail)) return ((ASYNC void (*)(struct context *))next(__func__))(context);
}

__attribute__((swiftcall)) void swift_continuation_resume(void *task) {
	__tsan_release(task);
	((__attribute__((swiftcall)) void (*)(void *))next(__func__))(task);
}

__attribute__((swiftcall)) void swift_continuation_throwingResume(void *task) {
	__tsan_release(task);
	((__attribute__((swiftcall)) void (*)(void *))next(__func__))(task);
}

__attribute__((swiftcall)) void swift_continuation_throwingResumeWithError(void *task, void *error) {
	__tsan_release(task);
	((__attribute__((swiftcall)) void (*)(void *, void *))next(__func__))(task, error);
}

#endif
#endif
