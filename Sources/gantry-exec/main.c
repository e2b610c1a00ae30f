// gantry-exec PID-FILE PROGRAM ARGUMENT…
//
// Runs an OCI runtime's `exec --detach --pid-file PID-FILE …` and then waits for the process that it
// left, whose exit code becomes its own.
//
// runc that is not detached copies the process's output and waits for the end of it, so a child in
// the background that holds a pipe holds the call for as long as it lives. Detached, the process
// has our caller's pipes themselves; but then it is an orphan, which only a subreaper can wait for.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// What env(1) and shells exit with when they could not do their own part.
enum { FAILED = 125 };

// The exit code of `pid`, or 128 + the signal that ended it.
static int wait_for(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return FAILED;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static pid_t read_pid(const char *path) {
    char text[16] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, text, sizeof text - 1) <= 0) return -1;
    return (pid_t)atoi(text);
}

// The file tells whether there was a process, whose exit code ours is: a runtime may fail after it has written it.
static int without_process(const char *path, int code) {
    unlink(path);
    return code;
}

int main(int count, char *arguments[]) {
    if (count < 3 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return FAILED;
    // The child shares our memory until its exec.
    volatile int reason = 0;
    pid_t runtime = vfork();
    if (runtime == 0) {
        execv(arguments[2], arguments + 2);
        reason = errno;
        _exit(FAILED);
    }
    if (runtime < 0) reason = errno;
    if (reason) dprintf(STDERR_FILENO, "cannot run %s: %s\n", arguments[2], strerror(reason));
    int code = runtime < 0 ? FAILED : wait_for(runtime);
    if (code != 0) return without_process(arguments[1], code);
    pid_t process = read_pid(arguments[1]);
    return process > 0 ? wait_for(process) : without_process(arguments[1], FAILED);
}
