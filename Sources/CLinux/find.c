#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// statmount(2), since Linux 6.8, and what it needs of statx(2).
enum { STATMOUNT = 457, UNIQUE_MOUNT_ID = 0x4000, SUPERBLOCK = 1 };

struct mount_request {
    uint32_t size, spare;
    uint64_t mount, wanted;
};

struct mount_answer {
    uint32_t size, options;
    uint64_t has;
    uint32_t major, minor;
    uint64_t magic;
    uint64_t rest[60];
};

// Others than these may be as good; they only take longer to look at.
int gantry_is_local(uint64_t magic) {
    static const uint64_t local[] = {
        EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,     BTRFS_SUPER_MAGIC,    F2FS_SUPER_MAGIC,   TMPFS_MAGIC,
        RAMFS_MAGIC,      OVERLAYFS_SUPER_MAGIC, SQUASHFS_MAGIC,     EROFS_SUPER_MAGIC_V1, PROC_SUPER_MAGIC,
        SYSFS_MAGIC,      CGROUP_SUPER_MAGIC,  CGROUP2_SUPER_MAGIC,  DEVPTS_SUPER_MAGIC, HUGETLBFS_MAGIC,
        BPF_FS_MAGIC,     DEBUGFS_MAGIC,       TRACEFS_MAGIC,        SECURITYFS_MAGIC,   SELINUX_MAGIC,
        NSFS_MAGIC,       0x2fc12fc1 /* zfs */};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (local[i] == magic) return 1;
    return 0;
}

static int is_on_local(uint64_t mount) {
    struct mount_request request = {.size = sizeof request, .mount = mount, .wanted = SUPERBLOCK};
    struct mount_answer answer = {0};
    if (syscall(STATMOUNT, &request, &answer, sizeof answer, 0) < 0) return 0;
    return answer.has & SUPERBLOCK && gantry_is_local(answer.magic);
}

static int describe(int file, int quickly, struct gantry_found *found) {
    struct statx status;
    int flags = AT_EMPTY_PATH | (quickly ? AT_STATX_DONT_SYNC : AT_STATX_SYNC_AS_STAT);
    if (statx(file, "", flags, STATX_BASIC_STATS | UNIQUE_MOUNT_ID, &status) < 0) return -1;
    if (quickly && !(status.stx_mask & UNIQUE_MOUNT_ID && is_on_local(status.stx_mnt_id))) {
        errno = EAGAIN;
        return -1;
    }
    *found = (struct gantry_found){status.stx_mode, status.stx_uid, status.stx_gid,
                                   status.stx_rdev_major, status.stx_rdev_minor};
    return 0;
}

int gantry_find(const char *path, int quickly, struct gantry_found *found, char *real, size_t size) {
    int file = gantry_openat2(AT_FDCWD, path, O_PATH, 0, quickly ? GANTRY_RESOLVE_CACHED : 0);
    // Kernels before 5.12 know nothing of RESOLVE_CACHED.
    if (file < 0 && quickly && (errno == EINVAL || errno == ENOSYS)) errno = EAGAIN;
    if (file < 0) return -1;
    int result = describe(file, quickly, found);
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = result < 0 ? 0 : readlink(link, real, size - 1);
    int error = errno;
    close(file);
    errno = error;
    if (length < 0) return -1;
    real[length] = 0;
    return result;
}
