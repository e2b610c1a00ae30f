internal import Text

/// The system calls of the default profile, by what they are for.
///
/// A name that an architecture does not have is skipped by the runtimes' libseccomp.
enum SeccompSyscalls {
    static let files = words(
        """
        access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3
        faccessat faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2
        fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr
        fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat
        getcwd getdents getdents64 getxattr inotify_add_watch inotify_init inotify_init1
        inotify_rm_watch ioctl lchown lchown32 lgetxattr link linkat listxattr llistxattr _llseek
        lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at
        newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2
        read readahead readdir readlink readlinkat readv removexattr rename renameat renameat2
        rmdir sendfile sendfile64 setxattr splice stat stat64 statfs statfs64 statx symlink
        symlinkat sync sync_file_range syncfs tee truncate truncate64 umask unlink
        unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev fanotify_mark
        landlock_create_ruleset landlock_add_rule landlock_restrict_self
        """)

    static let memory = words(
        """
        brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock
        mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc
        pkey_free pkey_mprotect process_madvise process_mrelease remap_file_pages
        """)

    static let processes = words(
        """
        arch_prctl capget capset execve execveat exit exit_group fork getcpu getegid getegid32
        geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid getppid
        getpriority getresgid getresgid32 getresuid getresuid32 getrlimit get_robust_list getrusage
        getsid get_thread_area gettid getuid getuid32 ioprio_get ioprio_set kcmp modify_ldt nice
        olduname oldolduname pidfd_getfd pidfd_open prctl prlimit64 process_vm_readv
        process_vm_writev ptrace rseq sched_getaffinity sched_getattr sched_getparam
        sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval
        sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
        sched_setscheduler sched_yield seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid
        setgid32 setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid
        setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid
        set_thread_area set_tid_address setuid setuid32 sysinfo times ugetrlimit uname vfork wait4
        waitid waitpid
        """)

    static let signals = words(
        """
        alarm eventfd eventfd2 kill pause pidfd_send_signal restart_syscall rt_sigaction
        rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
        rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaction sigaltstack signal signalfd signalfd4
        sigpending sigprocmask sigreturn sigsuspend tgkill tkill
        """)

    static let time = words(
        """
        adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
        clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep
        setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
        timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
        timerfd_settime timerfd_settime64
        """)

    /// `socket` has a rule of its own.
    static let sockets = words(
        """
        accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg
        recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketpair
        """)

    static let waiting = words(
        """
        epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake io_cancel
        io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit _newselect
        poll ppoll ppoll_time64 pselect6 pselect6_time64 select
        """)

    static let interprocess = words(
        """
        ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
        mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop
        semtimedop_time64 shmat shmctl shmdt shmget
        """)

    #if arch(arm64)
        static let ofArchitecture = words(
            """
            arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2
            """)
    #else
        static let ofArchitecture: [String] = []
    #endif

    static let always =
        ofArchitecture + files + memory + processes + signals + time + sockets + waiting
        + interprocess

    /// Calls that ask for a capability, and are refused to those who lack each that is named.
    static let byCapability: [(capabilities: Set<String>, names: [String])] = [
        (
            ["CAP_SYS_ADMIN"],
            words(
                """
                clone clone3 fanotify_init fsconfig fsmount fsopen fspick lsm_get_self_attr
                lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree
                pivot_root quotactl quotactl_fd setdomainname sethostname setns umount umount2
                unshare
                """)
        ),
        (["CAP_SYS_ADMIN", "CAP_BPF"], ["bpf"]),
        (["CAP_SYS_ADMIN", "CAP_PERFMON"], ["perf_event_open"]),
        (["CAP_SYS_ADMIN", "CAP_SYSLOG"], ["syslog"]),
        (["CAP_DAC_READ_SEARCH"], ["open_by_handle_at"]),
        (["CAP_SYS_BOOT"], ["reboot"]),
        (["CAP_SYS_CHROOT"], ["chroot"]),
        (["CAP_SYS_MODULE"], ["delete_module", "finit_module", "init_module"]),
        (
            ["CAP_SYS_NICE"],
            ["get_mempolicy", "mbind", "migrate_pages", "move_pages", "set_mempolicy"]
                + ["set_mempolicy_home_node"]
        ),
        (["CAP_SYS_PACCT"], ["acct"]),
        (["CAP_SYS_RAWIO"], ["ioperm", "iopl"]),
        (["CAP_SYS_TIME"], ["clock_settime", "clock_settime64", "settimeofday", "stime"]),
        (["CAP_SYS_TTY_CONFIG"], ["vhangup"]),
    ]

    /// What no container needs: not namespaced, or a history of holes in the kernel.
    ///
    /// `socketcall` is 32-bit x86's older way to all of the sockets' calls. The family is in memory there,
    /// where no filter can read it; since Linux 4.3 that architecture has `socket` itself.
    static let never = words(
        """
        add_key io_uring_enter io_uring_register io_uring_setup kexec_file_load kexec_load keyctl
        lookup_dcookie nfsservctl request_key socketcall swapoff swapon userfaultfd uselib ustat vm86
        vm86old
        """)

    private static func words(_ text: String) -> [String] {
        text.words.map(String.init)
    }
}
