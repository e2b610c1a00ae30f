#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/epoll.h>

int gantry_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int gantry_epoll_add(int epoll, int descriptor, uint64_t key, int writable, int once) {
    struct epoll_event event = {.events = writable ? EPOLLOUT : EPOLLIN, .data.u64 = key};
    if (once) event.events |= EPOLLONESHOT;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int gantry_epoll_add_exception(int epoll, int descriptor, uint64_t key) {
    struct epoll_event event = {.events = EPOLLPRI, .data.u64 = key};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int gantry_epoll_remove(int epoll, int descriptor) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

int gantry_epoll_wait(int epoll, uint64_t *keys, int count, int timeout_milliseconds) {
    struct epoll_event events[64];
    int ready = epoll_wait(epoll, events, count < 64 ? count : 64, timeout_milliseconds);
    for (int i = 0; i < ready; i++) keys[i] = events[i].data.u64;
    return ready;
}
