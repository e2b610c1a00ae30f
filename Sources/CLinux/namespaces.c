#define _GNU_SOURCE
#include "CLinux.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

const unsigned long GANTRY_MS_BIND = MS_BIND, GANTRY_MS_REC = MS_REC, GANTRY_MS_RDONLY = MS_RDONLY,
                    GANTRY_MS_NOSUID = MS_NOSUID, GANTRY_MS_NODEV = MS_NODEV,
                    GANTRY_MS_NOEXEC = MS_NOEXEC, GANTRY_MS_PRIVATE = MS_PRIVATE,
                    GANTRY_MS_SHARED = MS_SHARED, GANTRY_MS_SLAVE = MS_SLAVE,
                    GANTRY_MS_REMOUNT = MS_REMOUNT;
const int GANTRY_MNT_DETACH = MNT_DETACH, GANTRY_UMOUNT_NOFOLLOW = UMOUNT_NOFOLLOW;
const int GANTRY_CLONE_NEWNET = CLONE_NEWNET, GANTRY_CLONE_NEWIPC = CLONE_NEWIPC,
          GANTRY_CLONE_NEWUTS = CLONE_NEWUTS, GANTRY_CLONE_NEWUSER = CLONE_NEWUSER,
          GANTRY_CLONE_NEWPID = CLONE_NEWPID, GANTRY_CLONE_NEWNS = CLONE_NEWNS,
          GANTRY_CLONE_NEWCGROUP = CLONE_NEWCGROUP;

int gantry_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const char *data) {
    return mount(source, target, type, flags, data);
}

int gantry_umount(const char *target, int flags) { return umount2(target, flags); }

int gantry_unshare(int flags) { return unshare(flags); }

int gantry_setns(int descriptor, int flags) { return setns(descriptor, flags); }

int gantry_sethostname(const char *name, size_t length) { return sethostname(name, length); }

int gantry_become_root(void) {
    return setresgid(0, 0, 0) == 0 ? setresuid(0, 0, 0) : -1;
}

// Brings `lo` of the calling thread's network namespace up; the kernel then adds 127.0.0.1 and ::1.
int gantry_loopback_up(void) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(request.ifr_name, "lo");
    int result = ioctl(s, SIOCSIFFLAGS, &request);
    close(s);
    return result;
}
