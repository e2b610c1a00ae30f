#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// linux/quota.h; glibc's sys/quota.h is another file, and Debian 12's has it not.
#define PROJECTS 2

static int control(int file, unsigned int command, unsigned int project, void *argument) {
    return (int)syscall(SYS_quotactl_fd, file, QCMD(command, PROJECTS), project, argument);
}

int gantry_project_quota_state(int file) {
    struct fs_quota_stat state = {.qs_version = FS_QSTAT_VERSION};
    if (control(file, Q_XGETQSTAT, 0, &state) != 0) return -1;
    if (!(state.qs_flags & FS_QUOTA_PDQ_ACCT)) return 0;
    return state.qs_flags & FS_QUOTA_PDQ_ENFD ? 2 : 1;
}

int gantry_get_project(int directory, unsigned int *project) {
    struct fsxattr attributes = {0};
    if (ioctl(directory, FS_IOC_FSGETXATTR, &attributes) != 0) return -1;
    *project = attributes.fsx_projid;
    return 0;
}

int gantry_set_project(int directory, unsigned int project) {
    struct fsxattr attributes = {0};
    if (ioctl(directory, FS_IOC_FSGETXATTR, &attributes) != 0) return -1;
    attributes.fsx_projid = project;
    attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    return ioctl(directory, FS_IOC_FSSETXATTR, &attributes);
}

// The kernel counts in blocks of 512 bytes there, and rounds down.
int gantry_set_project_limit(int file, unsigned int project, unsigned long long bytes) {
    struct fs_disk_quota limit = {
        .d_version = FS_DQUOT_VERSION,
        .d_flags = FS_PROJ_QUOTA,
        .d_fieldmask = FS_DQ_BHARD | FS_DQ_BSOFT,
        .d_id = project,
        .d_blk_hardlimit = bytes / 512 + (bytes % 512 != 0),
    };
    return control(file, Q_XSETQLIM, project, &limit);
}

int gantry_get_project_usage(int file, unsigned int project, unsigned long long *bytes, unsigned long long *inodes) {
    struct fs_disk_quota usage = {0};
    if (control(file, Q_XGETQUOTA, project, &usage) != 0) return -1;
    *bytes = usage.d_bcount * 512;
    *inodes = usage.d_icount;
    return 0;
}
