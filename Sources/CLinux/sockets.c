#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef int (*attach)(int, const struct sockaddr *, socklen_t);

// Binds or connects a socket to `path` by way of a descriptor of its directory.
static int attach_to(const char *path, int stream, attach attach) {
    char directory[4096];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || (size_t)(slash - path) >= sizeof directory) {
        errno = EINVAL;
        return -1;
    }
    memcpy(directory, path, slash - path);
    directory[slash - path] = 0;
    int parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d%s", parent, slash);
    int s = -1;
    if (length < (int)sizeof address.sun_path)
        s = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    else
        errno = ENAMETOOLONG;
    // bind(2) makes the file with the mode that the socket has: it is root's before anybody sees it.
    if (s >= 0) fchmod(s, 0600);
    if (s >= 0 && attach(s, (struct sockaddr *)&address, sizeof address) < 0) {
        int saved = errno;
        close(s);
        errno = saved;
        s = -1;
    }
    int saved = errno;
    close(parent);
    errno = saved;
    return s;
}

int gantry_unix_listen(const char *path, int stream) {
    unlink(path);
    int s = attach_to(path, stream, bind);
    if (s >= 0 && listen(s, 16) < 0) {
        close(s);
        return -1;
    }
    return s;
}

int gantry_unix_connect(const char *path, int stream) { return attach_to(path, stream, connect); }

int gantry_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

pid_t gantry_peer(int socket) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.pid : 0;
}

int gantry_socket_pair(int ends[2]) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    return gantry_set_nonblocking(ends[0], 1);
}

ssize_t gantry_send_with_descriptor(int socket, const void *bytes, size_t count, int descriptor) {
    struct iovec io = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t gantry_receive_with_descriptor(int socket, void *bytes, size_t count, int *descriptor) {
    struct iovec io = {.iov_base = bytes, .iov_len = count};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {.msg_iov = &io,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    *descriptor = -1;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    return received;
}

int gantry_blocking_socket_pair(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

// As many as the kernel takes in one message (SCM_MAX_FD).
#define MOST_DESCRIPTORS 253

static ssize_t send_some(int socket, const char *bytes, size_t size, const int *descriptors, size_t count) {
    struct iovec io = {.iov_base = (void *)bytes, .iov_len = size};
    union {
        char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
    if (count > MOST_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    if (count) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int gantry_send_all(int socket, const void *bytes, size_t size, const int *descriptors, size_t count,
                    int milliseconds) {
    const char *next = bytes;
    while (size > 0) {
        ssize_t sent = send_some(socket, next, size, descriptors, count);
        if (sent >= 0) {
            next += sent;
            size -= sent;
            count = 0;
        } else if (errno == EAGAIN) {
            struct pollfd entry = {.fd = socket, .events = POLLOUT};
            int ready = poll(&entry, 1, milliseconds);
            if (ready == 0) errno = ETIMEDOUT;
            if (ready == 0 || (ready < 0 && errno != EINTR)) return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

static void keep(struct msghdr *message, int *descriptors, int most, int *count) {
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int *numbers = (int *)CMSG_DATA(header);
        int there = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < there; i++) {
            if (*count < most)
                descriptors[(*count)++] = numbers[i];
            else
                close(numbers[i]);
        }
    }
}

int gantry_receive_all(int socket, void *bytes, size_t size, int *descriptors, int most, int *count) {
    char *next = bytes;
    while (size > 0) {
        struct iovec io = {.iov_base = next, .iov_len = size};
        union {
            char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
            struct cmsghdr align;
        } control;
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
        // Without room for them the kernel closes descriptors that nobody asked for.
        if (most > 0) {
            message.msg_control = control.bytes;
            message.msg_controllen = sizeof control.bytes;
        }
        ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (most > 0) keep(&message, descriptors, most, count);
        if (got == 0) return 0;
        next += got;
        size -= got;
    }
    return 1;
}

static int connect_to(const struct sockaddr *address, socklen_t size) {
    int s = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    if (connect(s, address, size) == 0 && gantry_set_nonblocking(s, 1) == 0) return s;
    int saved = errno;
    close(s);
    errno = saved;
    return -1;
}

int gantry_connect_loopback(uint16_t port) {
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_port = htons(port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = connect_to((struct sockaddr *)&four, sizeof four);
    if (s >= 0) return s;
    int saved = errno;
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    s = connect_to((struct sockaddr *)&six, sizeof six);
    if (s < 0) errno = saved;
    return s;
}

int gantry_set_window_size(int terminal, uint16_t width, uint16_t height) {
    struct winsize size = {.ws_col = width, .ws_row = height};
    return ioctl(terminal, TIOCSWINSZ, &size);
}

int gantry_send_datagram(const char *path, const void *bytes, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) {
        errno = EINVAL;
        return -1;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(s, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, size);
    int saved = errno;
    close(s);
    errno = saved;
    return sent < 0 ? -1 : 0;
}
