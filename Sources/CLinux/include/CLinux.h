// System calls that Swift cannot import: GNU extensions, variadics, and calls newer than glibc 2.36.
// Each returns what the system call returns, with errno set. No type here depends on _GNU_SOURCE,
// which differs between modules (see docs/c-libraries.md).
#ifndef GANTRY_CLINUX_H
#define GANTRY_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>

// Files.
int gantry_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int gantry_open(const char *path, int flags, mode_t mode);
// What was printed is written. -1 with errno, or EIO when an earlier write has failed.
int gantry_flush_standard_output(void);
// write(2) that sends no SIGPIPE, whatever the process does with that signal: EPIPE alone tells of a pipe that nobody
// reads.
ssize_t gantry_write_quietly(int descriptor, const void *bytes, size_t count);
// Allocates the first `size` bytes of a file without making it any longer (fallocate(2)).
int gantry_reserve(int descriptor, int64_t size);
/// Takes back what chattr(1) has done to a name of an open directory, so that it can be removed: immutable,
/// append-only. What it cannot do, it leaves.
void gantry_unprotect(int directory, const char *name);
int gantry_openat(int directory, const char *path, int flags, mode_t mode);
// The handle of an open directory (name_to_handle_at(2)) in `bytes`, which has room for GANTRY_MAX_HANDLE, and the number
// of its mount. The handle's size, or -1: not all file systems have them.
extern const size_t GANTRY_MAX_HANDLE;
ssize_t gantry_directory_handle(int directory, void *bytes, int *mount);
// Opens the directory of a handle on the mount that `directory` is on; wants CAP_DAC_READ_SEARCH.
int gantry_open_directory_handle(int directory, const void *bytes, size_t size);
int gantry_pipe(int descriptors[2], int flags);
int gantry_dup_cloexec(int descriptor);
int gantry_set_nonblocking(int descriptor, int on);
int gantry_syncfs(int descriptor);
// Whether a file system is gone after a reboot: 1, 0, or -1 when there is no such path.
int gantry_is_memory(const char *path);
int gantry_flock_exclusive(int descriptor);

// What a path of the node stands for.
struct gantry_found {
    uint32_t mode, uid, gid, major, minor; // the last two of a device
};
// Whether no other machine and no program has to answer for a file system of that type (statfs(2)).
int gantry_is_local(uint64_t type);
// Finds it, and the path to it without symbolic links, which ends in a zero. With `quickly` from what the
// kernel remembers alone, so that nothing is waited for: EAGAIN where that does not suffice, or where the
// file system is one that may not answer later.
int gantry_find(const char *path, int quickly, struct gantry_found *found, char *real, size_t size);

extern const uint64_t GANTRY_RESOLVE_IN_ROOT;
extern const uint64_t GANTRY_RESOLVE_BENEATH;
extern const uint64_t GANTRY_RESOLVE_NO_XDEV;
extern const uint64_t GANTRY_RESOLVE_NO_MAGICLINKS;
extern const uint64_t GANTRY_RESOLVE_NO_SYMLINKS;
extern const uint64_t GANTRY_RESOLVE_CACHED;
extern const int GANTRY_O_PATH;
extern const int GANTRY_O_CLOEXEC;
extern const int GANTRY_O_DIRECTORY;
extern const int GANTRY_O_NOFOLLOW;
extern const int GANTRY_O_TMPFILE;
extern const int GANTRY_SEEK_DATA, GANTRY_SEEK_HOLE;

// Mounts and namespaces.
int gantry_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const char *data);
// The same on a thread whose working directory has the process's descriptors as names.
int gantry_mount_by_number(const char *source, const char *target, const char *type, unsigned long flags,
                           const char *data);
// Project quotas (quotactl_fd(2), linux/dqblk_xfs.h). All take an open file of the file system.
// gantry_project_quota_state: 0 for none, 1 for counting, 2 for limits that hold; -1 with errno.
int gantry_project_quota_state(int file);
int gantry_get_project(int directory, unsigned int *project);
// Sets it, and that what is made below has it as well.
int gantry_set_project(int directory, unsigned int project);
// Bytes; 0 is no limit.
int gantry_set_project_limit(int file, unsigned int project, unsigned long long bytes);
int gantry_get_project_usage(int file, unsigned int project, unsigned long long *bytes, unsigned long long *inodes);
int gantry_umount(const char *target, int flags);
int gantry_unshare(int flags);
int gantry_setns(int descriptor, int flags);
int gantry_sethostname(const char *name, size_t length);
int gantry_loopback_up(void);
// All user and group IDs of the process become 0, those of its user namespace.
int gantry_become_root(void);
// A process that waits in a new user namespace until it is killed, with no ID mapped yet; or -1.
pid_t gantry_clone_user_namespace(void);
// Whether the kernel has mount_setattr(2), which is since 5.12.
int gantry_has_mount_setattr(void);
// Mounts the directory `source` once more on `target`, without what is mounted below it, its files'
// IDs mapped as the user namespace of that descriptor does.
int gantry_mount_mapped(const char *source, const char *target, int user_namespace);
// What a file system is mounted with (fsconfig(2)): a string, else a descriptor, else (-1) a flag.
struct gantry_parameter {
    const char *key;
    const char *value;
    int descriptor;
};
// A mount that stands at no path (fsmount(2)); `attributes` are those of mount_setattr(2). `why` gets
// what the kernel says of a failure.
int gantry_mount_detached(const char *type, const struct gantry_parameter *parameters, size_t count,
                          unsigned long attributes, char *why, size_t size);
// The same once more, which stands at no path either, with its files' IDs mapped as the user namespace
// of that descriptor does; -1: as they are.
int gantry_clone_mount(int mount, int user_namespace);
int gantry_attach_mount(int mount, const char *target);
extern const unsigned long GANTRY_MOUNT_RDONLY, GANTRY_MOUNT_NOSUID, GANTRY_MOUNT_NODEV;

// A descriptor of the directory `path` as the root of a mount of its own, so that `..` leads nowhere, on
// which no device is opened, no set-user-ID counts and nothing is run; -1 where that cannot be had.
int gantry_open_apart(const char *path, int read_only);

extern const unsigned long GANTRY_MS_BIND, GANTRY_MS_REC, GANTRY_MS_RDONLY, GANTRY_MS_NOSUID,
    GANTRY_MS_NODEV, GANTRY_MS_NOEXEC, GANTRY_MS_PRIVATE, GANTRY_MS_SHARED, GANTRY_MS_SLAVE,
    GANTRY_MS_REMOUNT;
extern const int GANTRY_MNT_DETACH, GANTRY_UMOUNT_NOFOLLOW;
extern const int GANTRY_CLONE_NEWNET, GANTRY_CLONE_NEWIPC, GANTRY_CLONE_NEWUTS, GANTRY_CLONE_NEWUSER,
    GANTRY_CLONE_NEWPID, GANTRY_CLONE_NEWNS, GANTRY_CLONE_NEWCGROUP;

// Processes.
pid_t gantry_fork(void);
int gantry_pidfd_open(pid_t pid);
int gantry_pidfd_send_signal(int pidfd, int signal);
int gantry_set_subreaper(void);
int gantry_set_name(const char *name);
int gantry_set_death_signal(int signal);
// Raises the soft limit of open files to the hard one, and tells what both were (getrlimit(2));
// UINT64_MAX is no limit.
int gantry_raise_open_files(uint64_t *soft, uint64_t *hard);

// Where a program is to begin when it must not be where its parent is. What cannot be done of it is
// left out: the program then begins beside its parent.
struct gantry_place {
    char *const *members; // cgroup.procs files of cgroup v1, NULL at the end
    int cgroup;           // the directory of a cgroup of v2; -1: the parent's
    int network;          // a network namespace; -1: the parent's
};

// How to start a program. Descriptor -1 stands for /dev/null. `inherited` become 3, 4, …;
// everything above is closed. Signals are at their defaults and none is blocked.
struct gantry_program {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *working_directory; // NULL: the caller's
    int standard_input, standard_output, standard_error;
    const int *inherited;
    size_t inherited_count;
    int new_session;
    // Nanoseconds of timer slack that it and its descendants get (prctl(2)); 0: the caller's.
    unsigned long timer_slack;
    const struct gantry_place *place; // NULL: where the caller is
};
// 0, or an errno value (posix_spawn's convention).
int gantry_spawn(const struct gantry_program *how, pid_t *pid);

// Less privilege, for a process that reads bytes of strangers. 0, or -1.
int gantry_no_new_privileges(void);
// Both limits of a resource (getrlimit(2)).
int gantry_set_limit(int resource, uint64_t most);
extern const int GANTRY_RLIMIT_DATA, GANTRY_RLIMIT_CORE;
// At most so many of the processors that it may use now.
int gantry_use_processors(int most);
// Drops all capabilities (capabilities(7)) but these, by bits, for good.
int gantry_keep_capabilities(uint64_t kept);
// The user and group 65534, without other groups and without any capability, for good.
int gantry_become_nobody(void);
// Nothing is run, no TCP port is taken, and neither signals nor abstract sockets reach others, as far as the
// kernel's Landlock goes (landlock(7)); -1 without it.
int gantry_landlock(void);
// Only system calls that fetching and unpacking an image needs (seccomp(2)).
int gantry_seccomp(void);
// Makes `.` the root, and takes the old one away (pivot_root(2)).
int gantry_pivot_here(void);

// Sockets. A descriptor travels beside the bytes (SCM_RIGHTS), or -1 for none.
// `stream` chooses SOCK_STREAM, otherwise SOCK_SEQPACKET. The path may be longer than sun_path
// (108 bytes): its directory is opened and named through /proc/self/fd.
int gantry_unix_listen(const char *path, int stream);
int gantry_unix_connect(const char *path, int stream);
int gantry_accept(int descriptor);
// The process that has connected, or has begun to listen, at the other end of a unix socket; 0 when it is not known.
pid_t gantry_peer(int socket);

// A pair of connected stream sockets: the first does not block and is not inherited, the second is as programs expect it.
int gantry_socket_pair(int ends[2]);

ssize_t gantry_send_with_descriptor(int socket, const void *bytes, size_t count, int descriptor);
ssize_t gantry_receive_with_descriptor(int socket, void *bytes, size_t count, int *descriptor);

// Both ends of a connection of bytes, which block.
int gantry_blocking_socket_pair(int ends[2]);
// Sends all bytes, and descriptors with the first of them; 0, or -1. ETIMEDOUT: the other end has not read
// for so long.
int gantry_send_all(int socket, const void *bytes, size_t size, const int *descriptors, size_t count,
                    int milliseconds);
// Reads `size` bytes, and up to `most` descriptors that come with the first of them; `count` may be NULL.
// 0 at the end of the stream, 1, or -1.
int gantry_receive_all(int socket, void *bytes, size_t size, int *descriptors, int most, int *count);

// One datagram to a unix socket; `@` in front stands for the abstract namespace (unix(7)). Does not wait.
int gantry_send_datagram(const char *path, const void *bytes, size_t count);

// A connected TCP socket, not blocking any more, to `port` of the calling thread's loopback, over IPv4
// and then IPv6; -1 on error with the errno of IPv4.
int gantry_connect_loopback(uint16_t port);
// The size of the terminal behind this descriptor, in characters.
int gantry_set_window_size(int terminal, uint16_t width, uint16_t height);

// epoll, level-triggered unless `once`; a key stands for each descriptor. gantry_epoll_wait fills
// `keys` and returns how many are ready.
int gantry_epoll_create(void);
int gantry_epoll_add(int epoll, int descriptor, uint64_t key, int writable, int once);
// For EPOLLPRI alone: files of cgroup v2 are always readable, and have this when they change.
int gantry_epoll_add_exception(int epoll, int descriptor, uint64_t key);
int gantry_epoll_remove(int epoll, int descriptor);
int gantry_epoll_wait(int epoll, uint64_t *keys, int count, int timeout_milliseconds);

// A signalfd for SIGCHLD, SIGTERM and SIGINT, which are blocked from now on; -1 on error.
int gantry_signal_descriptor(void);
// The reading end of a pipe, non-blocking, that gets a byte with the number of each signal that would
// end the process and tells of no fault in it; SIGPIPE is ignored. -1 on error; once a process.
int gantry_catch_signals(void);
// Ignores the same signals. A program that is started gets the defaults (gantry_spawn).
int gantry_ignore_signals(void);
// The next signal that has come, or -1 when there is none.
int gantry_next_signal(int descriptor);

// fs-verity for a file that is open for reading, with SHA-256 over blocks of 4 KiB.
int gantry_enable_verity(int file);

// Memory: gives whole pages, and what malloc holds in reserve, back to the kernel.
int gantry_discard_pages(void *start, size_t count);
void gantry_trim_heap(void);
// The program's code and constants leave this process's memory, and come back page by page when they are
// used; nothing else of it is touched.
void gantry_unmap_code(void);

// At most so many arenas, which threads share; from so many bytes on, memory is the kernel's own mapping
// and goes back to it when it is freed.
void gantry_bound_heap(int arenas, int mapped_from);

#endif
