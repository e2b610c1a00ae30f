#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The child touches nothing that another thread may have locked.
pid_t gantry_clone_user_namespace(void) {
    pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child != 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
}

int gantry_has_mount_setattr(void) {
    return mount_setattr(-1, "", AT_EMPTY_PATH, NULL, 0) == 0 || errno != ENOSYS;
}

struct numbered_mount {
    const char *source, *target, *type, *data;
    unsigned long flags;
    int error;
};

// A working directory belongs to the process, unless a thread takes one of its own.
static void *mount_by_number(void *argument) {
    struct numbered_mount *how = argument;
    int failed = unshare(CLONE_FS) < 0 || chdir("/proc/thread-self/fd") < 0 ||
                 mount(how->source, how->target, how->type, how->flags, how->data) < 0;
    how->error = failed ? errno : 0;
    return NULL;
}

int gantry_mount_by_number(const char *source, const char *target, const char *type, unsigned long flags,
                           const char *data) {
    struct numbered_mount how = {source, target, type, data, flags, 0};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, mount_by_number, &how);
    if (error == 0) {
        pthread_join(thread, NULL);
        error = how.error;
    }
    errno = error;
    return error == 0 ? 0 : -1;
}

int gantry_mount_mapped(const char *source, const char *target, int user_namespace) {
    int tree = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return -1;
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_IDMAP, .propagation = MS_PRIVATE,
        .userns_fd = (uint64_t)user_namespace};
    int result = mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
    if (result == 0) result = move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
    int error = errno;
    close(tree);
    errno = error;
    return result;
}

int gantry_open_apart(const char *path, int read_only) {
    int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return -1;
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                    (read_only ? MOUNT_ATTR_RDONLY : 0),
        .propagation = MS_PRIVATE};
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0) return tree;
    int error = errno;
    close(tree);
    errno = error;
    return -1;
}

int gantry_pivot_here(void) {
    if (syscall(SYS_pivot_root, ".", ".") < 0) return -1;
    // The old root is now on top of the new one, and goes.
    if (umount2(".", MNT_DETACH) < 0) return -1;
    return chdir("/");
}
