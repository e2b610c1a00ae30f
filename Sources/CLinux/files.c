#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/openat2.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const uint64_t GANTRY_RESOLVE_IN_ROOT = RESOLVE_IN_ROOT;
const uint64_t GANTRY_RESOLVE_BENEATH = RESOLVE_BENEATH;
const uint64_t GANTRY_RESOLVE_NO_XDEV = RESOLVE_NO_XDEV;
const uint64_t GANTRY_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS;
const uint64_t GANTRY_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS;
const uint64_t GANTRY_RESOLVE_CACHED = RESOLVE_CACHED;
const int GANTRY_O_PATH = O_PATH;
const int GANTRY_O_CLOEXEC = O_CLOEXEC;
const int GANTRY_O_DIRECTORY = O_DIRECTORY;
const int GANTRY_O_NOFOLLOW = O_NOFOLLOW;
const int GANTRY_O_TMPFILE = O_TMPFILE;
const int GANTRY_SEEK_DATA = SEEK_DATA, GANTRY_SEEK_HOLE = SEEK_HOLE;

int gantry_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int gantry_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC, mode);
}

int gantry_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

int gantry_flush_standard_output(void) {
    int failed = ferror(stdout);
    if (fflush(stdout) == 0 && !failed) return 0;
    if (failed) errno = EIO;
    return -1;
}

union handle {
    struct file_handle head;
    unsigned char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

const size_t GANTRY_MAX_HANDLE = sizeof(union handle);

ssize_t gantry_directory_handle(int directory, void *bytes, int *mount) {
    union handle handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    if (name_to_handle_at(directory, "", &handle.head, mount, AT_EMPTY_PATH) < 0) return -1;
    size_t size = sizeof handle.head + handle.head.handle_bytes;
    memcpy(bytes, &handle, size);
    return (ssize_t)size;
}

int gantry_open_directory_handle(int directory, const void *bytes, size_t size) {
    union handle handle;
    if (size > sizeof handle) {
        errno = EINVAL;
        return -1;
    }
    memcpy(&handle, bytes, size);
    return open_by_handle_at(directory, &handle.head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

ssize_t gantry_write_quietly(int descriptor, const void *bytes, size_t count) {
    sigset_t broken, before;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    ssize_t written = write(descriptor, bytes, count);
    int saved = errno;
    // The signal is the writing thread's own: it is pending here or nowhere.
    if (written < 0 && saved == EPIPE)
        sigtimedwait(&broken, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return written;
}

int gantry_reserve(int descriptor, int64_t size) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, size);
}

int gantry_pipe(int descriptors[2], int flags) { return pipe2(descriptors, flags | O_CLOEXEC); }

int gantry_dup_cloexec(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }

int gantry_set_nonblocking(int descriptor, int on) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(descriptor, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int gantry_syncfs(int descriptor) { return syncfs(descriptor); }

int gantry_flock_exclusive(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int gantry_is_memory(const char *path) {
    struct statfs space;
    if (statfs(path, &space) < 0) return -1;
    return space.f_type == TMPFS_MAGIC || space.f_type == RAMFS_MAGIC;
}

// Nothing but regular files and directories is opened: to open a device is to use it.
static int open_plain(int directory, const char *name) {
    char link[64];
    struct stat status;
    int place = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (place < 0) return -1;
    int file = -1;
    if (fstat(place, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", place);
        file = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    close(place);
    return file;
}

void gantry_unprotect(int directory, const char *name) {
    int flags = 0, file = open_plain(directory, name);
    if (file < 0) return;
    if (ioctl(file, FS_IOC_GETFLAGS, &flags) == 0 && flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) {
        flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
        ioctl(file, FS_IOC_SETFLAGS, &flags);
    }
    close(file);
}

int gantry_enable_verity(int file) {
    struct fsverity_enable_arg argument = {
        .version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256, .block_size = 4096};
    return ioctl(file, FS_IOC_ENABLE_VERITY, &argument);
}
