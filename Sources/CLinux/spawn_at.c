#define _GNU_SOURCE
#include "spawn_at.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// In the cgroup from its first moment, so that a full pids.max of the caller's does not count (clone(2)).
static pid_t fork_into(int cgroup) {
    if (cgroup >= 0) {
        struct clone_args how = {
            .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned)cgroup};
        pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof how);
        if (pid >= 0) return pid;
    }
    return fork();
}

static void go_to(const struct gantry_place *place) {
    for (char *const *file = place->members; *file; file++) {
        int procs = open(*file, O_WRONLY | O_CLOEXEC);
        if (procs < 0) continue;
        ssize_t ignored = write(procs, "0", 1);
        (void)ignored;
        close(procs);
    }
    if (place->network >= 0) setns(place->network, CLONE_NEWNET);
}

static int put(int from, int to, int null_flags) {
    if (from >= 0) return dup2(from, to);
    int null = open("/dev/null", null_flags);
    if (null < 0 || null == to) return null;
    int result = dup2(null, to);
    close(null);
    return result;
}

static int set_descriptors(const struct gantry_program *how) {
    if (put(how->standard_input, 0, O_RDONLY) < 0) return -1;
    if (put(how->standard_output, 1, O_WRONLY) < 0) return -1;
    if (put(how->standard_error, 2, O_WRONLY) < 0) return -1;
    for (size_t i = 0; i < how->inherited_count; i++)
        if (dup2(how->inherited[i], 3 + (int)i) < 0) return -1;
    return close_range(3 + (unsigned)how->inherited_count, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// In the child. Tells `failure` an errno value; the pipe's end without one says that the program runs.
static void become(const struct gantry_program *how, int failure) {
    // Out of the way of the descriptors that the program gets.
    failure = fcntl(failure, F_DUPFD_CLOEXEC, 3 + (int)how->inherited_count);
    go_to(how->place);
    reset_signals();
    if (how->new_session) setsid();
    if (how->timer_slack) prctl(PR_SET_TIMERSLACK, how->timer_slack);
    int ready = set_descriptors(how) == 0;
    if (ready && how->working_directory) ready = chdir(how->working_directory) == 0;
    if (ready) execve(how->path, how->arguments, how->environment);
    int reason = errno;
    ssize_t ignored = write(failure, &reason, sizeof reason);
    (void)ignored;
    _exit(127);
}

int gantry_spawn_at(const struct gantry_program *how, pid_t *pid) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return errno;
    pid_t child = fork_into(how->place->cgroup);
    if (child == 0) become(how, ends[1]);
    int reason = child < 0 ? errno : 0;
    close(ends[1]);
    if (child > 0 && read(ends[0], &reason, sizeof reason) > 0) waitpid(child, NULL, 0);
    close(ends[0]);
    if (reason == 0) *pid = child;
    return reason;
}
