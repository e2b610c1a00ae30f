// What a process may still do that reads bytes of strangers.
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int gantry_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int gantry_set_limit(int resource, uint64_t most) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) < 0) return -1;
    if (limit.rlim_max != RLIM_INFINITY && most > limit.rlim_max) most = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = most;
    return setrlimit(resource, &limit);
}

const int GANTRY_RLIMIT_DATA = RLIMIT_DATA, GANTRY_RLIMIT_CORE = RLIMIT_CORE;

int gantry_use_processors(int most) {
    cpu_set_t allowed, chosen;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) return -1;
    CPU_ZERO(&chosen);
    // The last ones: what is pinned is mostly pinned to the first.
    for (int i = CPU_SETSIZE - 1; i >= 0 && CPU_COUNT(&chosen) < most; i--)
        if (CPU_ISSET(i, &allowed)) CPU_SET(i, &chosen);
    return sched_setaffinity(0, sizeof chosen, &chosen);
}

static int drop_others(uint64_t kept) {
    for (int i = 0; i < 64; i++)
        if (!(kept >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL) return -1;
    return 0;
}

// All capabilities go with the user ID (capabilities(7), Effect of user ID changes on capabilities).
int gantry_become_nobody(void) {
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    const id_t nobody = 65534;
    // Threads of whoever else is nobody on the node count, unless this is allowed.
    setrlimit(RLIMIT_NPROC, &none);
    if (drop_others(0) < 0) return -1;
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, nobody, nobody, nobody) < 0) return -1;
    return (int)syscall(SYS_setresuid, nobody, nobody, nobody);
}

int gantry_keep_capabilities(uint64_t kept) {
    if (drop_others(kept) < 0) return -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL) return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[2], data[2] = {{0}};
    if (syscall(SYS_capget, &header, has) < 0) return -1;
    for (int half = 0; half < 2; half++) {
        uint32_t mask = (uint32_t)(kept >> (32 * half));
        data[half].effective = data[half].permitted = has[half].permitted & mask;
    }
    return (int)syscall(SYS_capset, &header, data);
}

// Landlock's newer parts, which Debian 12's headers lack.
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP (1ULL << 0)
#endif
#define GANTRY_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define GANTRY_SCOPE_SIGNAL (1ULL << 1)

int gantry_landlock(void) {
    struct {
        uint64_t files, network, scoped;
    } rules = {.files = LANDLOCK_ACCESS_FS_EXECUTE};
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return -1;
    size_t size = sizeof(uint64_t);
    if (version >= 4) {
        rules.network = LANDLOCK_ACCESS_NET_BIND_TCP;
        size = 2 * sizeof(uint64_t);
    }
    if (version >= 6) {
        rules.scoped = GANTRY_SCOPE_ABSTRACT_UNIX_SOCKET | GANTRY_SCOPE_SIGNAL;
        size = sizeof rules;
    }
    int set = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (set < 0) return -1;
    int result = (int)syscall(SYS_landlock_restrict_self, set, 0);
    int error = errno;
    close(set);
    errno = error;
    return result;
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Without arguments that matter.
static const int allowed[] = {
    // Memory and threads.
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_futex, SYS_set_robust_list, SYS_rseq,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_gettid, SYS_getpid, SYS_membarrier, SYS_restart_syscall,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_sigaltstack, SYS_exit, SYS_exit_group,
    // Clocks and other readings.
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
    SYS_getrandom, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getppid, SYS_uname, SYS_sysinfo,
    SYS_getrusage, SYS_getcpu,
    // Descriptors.
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_close, SYS_close_range,
    SYS_dup, SYS_dup3, SYS_lseek, SYS_fcntl, SYS_pipe2, SYS_ppoll, SYS_epoll_create1, SYS_epoll_ctl,
    SYS_epoll_pwait, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_pselect6,
    // Files.
    SYS_openat, SYS_openat2, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat,
    SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_mkdirat, SYS_mknodat, SYS_symlinkat,
    SYS_linkat, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_ftruncate, SYS_fallocate, SYS_fchmod,
    SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_fsetxattr, SYS_lsetxattr,
    SYS_getxattr, SYS_fgetxattr, SYS_lgetxattr, SYS_listxattr, SYS_flistxattr, SYS_llistxattr,
    SYS_removexattr, SYS_fremovexattr, SYS_lremovexattr, SYS_fsync, SYS_fdatasync, SYS_sync_file_range,
    SYS_copy_file_range, SYS_sendfile, SYS_splice, SYS_fadvise64, SYS_umask,
    // Sockets.
    SYS_connect, SYS_bind, SYS_getsockname, SYS_getpeername, SYS_setsockopt, SYS_getsockopt, SYS_sendto,
    SYS_recvfrom, SYS_sendmsg, SYS_sendmmsg, SYS_recvmsg, SYS_recvmmsg, SYS_shutdown, SYS_socketpair,
#if defined(__x86_64__)
    SYS_arch_prctl, SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_mkdir, SYS_mknod,
    SYS_symlink, SYS_link, SYS_unlink, SYS_rmdir, SYS_rename, SYS_chmod, SYS_chown, SYS_lchown, SYS_utimes,
    SYS_poll, SYS_select, SYS_epoll_wait, SYS_epoll_create, SYS_pipe, SYS_dup2, SYS_time, SYS_getdents,
    SYS_eventfd,
#endif
};

// Allowed if an argument, the lower half of it, is one of these; if `masked`, if it has all of these bits.
static const struct {
    int call, argument;
    int masked;
    uint32_t values[8];
    int count;
} checked[] = {
    // Threads, and no processes.
    {SYS_clone, 0, 1, {CLONE_THREAD | CLONE_VM | CLONE_SIGHAND}, 1},
    // Hardware poisoning is not among them.
    {SYS_madvise, 2, 0, {MADV_NORMAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE,
                         MADV_NOHUGEPAGE, MADV_RANDOM, MADV_SEQUENTIAL}, 8},
    {SYS_socket, 0, 0, {AF_INET, AF_INET6, AF_NETLINK}, 3},
    {SYS_prctl, 0, 0, {PR_SET_NAME, PR_GET_NAME, 0x53564d41 /* PR_SET_VMA */}, 3},
    {SYS_ioctl, 1, 0, {FIONBIO, FIONREAD, TCGETS}, 3},
    {SYS_prlimit64, 0, 0, {0}, 1},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define REFUSE(number) RETURN(SECCOMP_RET_ERRNO | (number))
#define EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, skip)

int gantry_seccomp(void) {
    struct sock_filter code[512];
    size_t n = 0;
    struct sock_filter head[] = {
        LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        // The x32 calls have numbers of their own, and none is allowed.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), REFUSE(ENOSYS),
        // Its flags are in memory, where a filter cannot look: glibc then takes clone.
        EQUAL(SYS_clone3, 1), REFUSE(ENOSYS),
        // Of its own threads alone, as abort(3) wants it.
        EQUAL(SYS_tgkill, 4), LOAD(args[0]), EQUAL(getpid(), 1), ALLOW, REFUSE(EPERM)};
    for (size_t i = 0; i < COUNT(head); i++) code[n++] = head[i];
    for (size_t i = 0; i < COUNT(allowed); i++) {
        code[n++] = (struct sock_filter)EQUAL(allowed[i], 1);
        code[n++] = (struct sock_filter)ALLOW;
    }
    for (size_t i = 0; i < COUNT(checked); i++) {
        int values = checked[i].count;
        size_t length = checked[i].masked ? 5 : 2 + 2 * (size_t)values;
        code[n++] = (struct sock_filter)EQUAL(checked[i].call, (uint8_t)length);
        code[n++] = (struct sock_filter)BPF_STMT(
            BPF_LD | BPF_W | BPF_ABS,
            (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (size_t)checked[i].argument));
        if (checked[i].masked) {
            code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, checked[i].values[0]);
            code[n++] = (struct sock_filter)EQUAL(checked[i].values[0], 1);
            code[n++] = (struct sock_filter)ALLOW;
        } else {
            for (int v = 0; v < values; v++) {
                code[n++] = (struct sock_filter)EQUAL(checked[i].values[v], 1);
                code[n++] = (struct sock_filter)ALLOW;
            }
        }
        code[n++] = (struct sock_filter)REFUSE(EPERM);
    }
    // As on a kernel that lacks it: libraries then do without.
    code[n++] = (struct sock_filter)REFUSE(ENOSYS);
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
