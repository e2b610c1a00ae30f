// The first process of a shared PID namespace: it reaps what is orphaned there and sleeps.
//
// SIGTERM and SIGINT end it, and with it the kernel ends the whole namespace (pid_namespaces(7)).
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal) {
    (void)signal;
    _exit(0);
}

static void reap(int signal) {
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
}

int main(void) {
    // The first process of a namespace gets only signals that it has a handler for.
    struct sigaction ending = {.sa_handler = end};
    struct sigaction reaping = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
    if (sigaction(SIGTERM, &ending, NULL) < 0 || sigaction(SIGINT, &ending, NULL) < 0) return 1;
    if (sigaction(SIGCHLD, &reaping, NULL) < 0) return 1;
    reap(SIGCHLD); // what was orphaned before the handler stood
    for (;;) pause();
}
