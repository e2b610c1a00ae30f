#define _GNU_SOURCE
#include "CLinux.h"
#include "spawn_at.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t gantry_fork(void) { return fork(); }

int gantry_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int gantry_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int gantry_set_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int gantry_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

int gantry_set_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

int gantry_raise_open_files(uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

int gantry_signal_descriptor(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int caught_signals = -1;

static void note_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    // A full pipe has signals enough to be told of.
    if (write(caught_signals, &byte, 1) < 0) {}
    errno = saved;
}

// All that ends a process unless it is told otherwise, but for those that tell of a fault in it, and
// for SIGPIPE, which is an error of its write.
static int set_endings(void (*handler)(int)) {
    static const int named[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGTERM, SIGUSR1,   SIGUSR2, SIGALRM,
                                SIGXCPU, SIGVTALRM, SIGPROF, SIGIO,   SIGSTKFLT, SIGPWR,  SIGXFSZ};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigfillset(&action.sa_mask);
    if (sigaction(SIGPIPE, &ignored, NULL) < 0) return -1;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (sigaction(named[i], &action, NULL) < 0) return -1;
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        if (sigaction(number, &action, NULL) < 0) return -1;
    return 0;
}

int gantry_catch_signals(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    caught_signals = ends[1];
    return set_endings(note_signal) < 0 ? -1 : ends[0];
}

int gantry_ignore_signals(void) { return set_endings(SIG_IGN); }

int gantry_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : -1;
}

static int place(posix_spawn_file_actions_t *actions, int from, int to, int null_flags) {
    if (from < 0) return posix_spawn_file_actions_addopen(actions, to, "/dev/null", null_flags, 0);
    return posix_spawn_file_actions_adddup2(actions, from, to);
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct gantry_program *how) {
    int e = place(actions, how->standard_input, 0, O_RDONLY);
    if (!e) e = place(actions, how->standard_output, 1, O_WRONLY);
    if (!e) e = place(actions, how->standard_error, 2, O_WRONLY);
    for (size_t i = 0; !e && i < how->inherited_count; i++)
        e = posix_spawn_file_actions_adddup2(actions, how->inherited[i], 3 + (int)i);
    if (!e) e = posix_spawn_file_actions_addclosefrom_np(actions, 3 + (int)how->inherited_count);
    if (!e && how->working_directory)
        e = posix_spawn_file_actions_addchdir_np(actions, how->working_directory);
    return e;
}

static int set_attributes(posix_spawnattr_t *attributes, const struct gantry_program *how) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (how->new_session) flags |= POSIX_SPAWN_SETSID;
    int e = posix_spawnattr_setsigdefault(attributes, &all);
    if (!e) e = posix_spawnattr_setsigmask(attributes, &none);
    if (!e) e = posix_spawnattr_setflags(attributes, flags);
    return e;
}

int gantry_spawn(const struct gantry_program *how, pid_t *pid) {
    if (how->place) return gantry_spawn_at(how, pid);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int e = posix_spawn_file_actions_init(&actions);
    if (e) return e;
    e = posix_spawnattr_init(&attributes);
    if (e) {
        posix_spawn_file_actions_destroy(&actions);
        return e;
    }
    e = add_actions(&actions, how);
    if (!e) e = set_attributes(&attributes, how);
    int slack = how->timer_slack ? prctl(PR_GET_TIMERSLACK) : 0;
    if (slack) prctl(PR_SET_TIMERSLACK, how->timer_slack);
    if (!e) e = posix_spawn(pid, how->path, &actions, &attributes, how->arguments, how->environment);
    if (slack) prctl(PR_SET_TIMERSLACK, (unsigned long)slack);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return e;
}
