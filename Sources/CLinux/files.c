#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
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
