// gantry-path find PATH          what PATH is, and the path to it without symbolic links
// gantry-path make PATH          the same, after making it as a directory where nothing is
// gantry-path read PATH LIMIT    what a regular file of at most LIMIT bytes has
//
// Looks at a path that somebody else named, for the daemon. A file system that does not answer (NFS
// without its server, FUSE without its program) holds whoever asks, beyond SIGKILL if need be: that must
// be this process and no thread of the daemon's.
//
// `find` and `make` write "MODE MAJOR MINOR UID GID TYPE PATH": MODE in octal, MAJOR and MINOR of a device,
// TYPE of the file system in hexadecimal, as in statfs(2).
// On an error the exit code is errno, and what failed is written to standard error.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static int fail(const char *call) {
    int number = errno;
    fputs(call, stderr);
    return number;
}

// Makes the directory and those above it that are missing, as every other runtime does.
static int make(const char *path) {
    char text[PATH_MAX];
    if (strlen(path) >= sizeof text) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(text, path);
    for (char *slash = strchr(text + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(text, 0755) < 0 && errno != EEXIST) return -1;
        *slash = '/';
    }
    return mkdir(text, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

// The server itself is asked, whatever the kernel remembers.
static int stat_now(int file, struct statx *found) {
    return statx(file, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, found);
}

static int find(const char *path, int makes) {
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0 && errno == ENOENT && makes) {
        if (make(path) < 0) return fail("mkdir");
        file = open(path, O_PATH | O_CLOEXEC);
    }
    struct statx found;
    struct statfs system;
    char link[64], real[PATH_MAX];
    if (file < 0) return fail("open");
    if (stat_now(file, &found) < 0) return fail("stat");
    if (fstatfs(file, &system) < 0) return fail("statfs");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, real, sizeof real);
    if (length < 0) return fail("readlink");
    printf("%o %u %u %u %u %lx %.*s", found.stx_mode, found.stx_rdev_major, found.stx_rdev_minor,
           found.stx_uid, found.stx_gid, (unsigned long)system.f_type, (int)length, real);
    return 0;
}

// To open a device is to use it, and a FIFO would hold us: what it is comes first.
static int read_file(const char *path, unsigned long long limit) {
    struct statx found;
    char link[64], chunk[65536];
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) return fail("open");
    if (stat_now(place, &found) < 0) return fail("stat");
    errno = S_ISREG(found.stx_mode) ? EFBIG : EINVAL;
    if (!S_ISREG(found.stx_mode) || found.stx_size > limit) return fail("read");
    snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    int file = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) return fail("open");
    ssize_t count;
    while ((count = read(file, chunk, sizeof chunk)) > 0)
        if (fwrite(chunk, 1, (size_t)count, stdout) < (size_t)count) return fail("write");
    return count < 0 ? fail("read") : 0;
}

int main(int count, char *arguments[]) {
    umask(022);
    if (count == 3 && strcmp(arguments[1], "find") == 0) return find(arguments[2], 0);
    if (count == 3 && strcmp(arguments[1], "make") == 0) return find(arguments[2], 1);
    if (count == 4 && strcmp(arguments[1], "read") == 0)
        return read_file(arguments[2], strtoull(arguments[3], NULL, 10));
    errno = EINVAL;
    return fail("usage: gantry-path find|make PATH, gantry-path read PATH LIMIT");
}
