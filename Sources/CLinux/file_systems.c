#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

const unsigned long GANTRY_MOUNT_RDONLY = MOUNT_ATTR_RDONLY, GANTRY_MOUNT_NOSUID = MOUNT_ATTR_NOSUID,
                    GANTRY_MOUNT_NODEV = MOUNT_ATTR_NODEV;

static int set_parameter(int context, const struct gantry_parameter *parameter) {
    if (parameter->value) return fsconfig(context, FSCONFIG_SET_STRING, parameter->key, parameter->value, 0);
    if (parameter->descriptor >= 0)
        return fsconfig(context, FSCONFIG_SET_FD, parameter->key, NULL, parameter->descriptor);
    return fsconfig(context, FSCONFIG_SET_FLAG, parameter->key, NULL, 0);
}

// The kernel hands on one message at a read, "e " in front of an error.
static void read_messages(int context, char *why, size_t size) {
    size_t length = 0;
    ssize_t count;
    while (length + 1 < size && (count = read(context, why + length, size - length - 1)) > 0) length += (size_t)count;
    why[length] = 0;
}

int gantry_mount_detached(const char *type, const struct gantry_parameter *parameters, size_t count,
                          unsigned long attributes, char *why, size_t size) {
    why[0] = 0;
    int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int result = 0;
    for (size_t index = 0; result == 0 && index < count; index++) result = set_parameter(context, &parameters[index]);
    if (result == 0) result = fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    if (result == 0) result = fsmount(context, FSMOUNT_CLOEXEC, (unsigned int)attributes);
    int error = errno;
    if (result < 0) read_messages(context, why, size);
    close(context);
    errno = error;
    return result;
}

int gantry_clone_mount(int mount, int user_namespace) {
    int clone = open_tree(mount, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (clone < 0 || user_namespace < 0) return clone;
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};
    if (mount_setattr(clone, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0) return clone;
    int error = errno;
    close(clone);
    errno = error;
    return -1;
}

int gantry_attach_mount(int mount, const char *target) {
    return move_mount(mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}
