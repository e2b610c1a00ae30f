// The floor: what a pod needs whoever makes it, run bare. Nothing but posix_spawn and waitpid is
// between one binary and the next.
//
//     floor RUNTIME DIRECTORY FIRST COUNT
//
// DIRECTORY holds bundles FIRST, FIRST + 1, … and plugin-0.json, plugin-1.json, …: the conflist's
// plugins, each with the list's name and cniVersion. On stdin come orders, a line each: "up",
// "exec N" (in the first container), "down". Each is answered by "STEP MILLISECONDS" lines and "done".
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 1 << 16, PLUGINS = 8 };
static const char *runtime, *directory;
static char plugins[PLUGINS][SIZE];
static int pluginCount, nothing;
extern char **environ;

static void step(const char *name) {
    static struct timespec last;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (name)
        printf("%s %.3f\n", name, (now.tv_sec - last.tv_sec) * 1e3 + (now.tv_nsec - last.tv_nsec) / 1e6);
    last = now;
}

static void run(char *const arguments[], char *const environment[], int in, int out) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    pid_t child;
    int status;
    errno = posix_spawnp(&child, arguments[0], &files, NULL, arguments, environment);
    if (errno) err(1, "%s", arguments[0]);
    posix_spawn_file_actions_destroy(&files);
    if (waitpid(child, &status, 0) != child) err(1, "waitpid");
    if (status) {
        char text[4096];
        ssize_t length = pread(out, text, sizeof text, 0);  // a plugin's error is on its stdout
        errx(1, "%s %s: status %x: %.*s", arguments[0], arguments[1] ? arguments[1] : "", status,
             length > 0 ? (int)length : 0, text);
    }
}

#define RUN(...) run((char *[]){(char *)runtime, __VA_ARGS__, NULL}, environ, nothing, nothing)

static size_t contents(int file, char *into) {
    ssize_t count = pread(file, into, SIZE - 1, 0);
    if (count < 0) err(1, "pread");
    into[count] = 0;
    return count;
}

// The specification's "previous result" goes into the next plugin's configuration.
static void plugin(const char *command, int index, const char *name, char *result) {
    static char text[2 * SIZE];
    char type[64], path[96], variables[4][4096];
    const char *config = plugins[index];
    if (sscanf(strstr(config, "\"type\""), "\"type\": \"%63[^\"]\"", type) != 1) errx(1, "no type: %s", config);
    snprintf(path, sizeof path, "/usr/lib/cni/%s", type);
    snprintf(variables[0], sizeof *variables, "CNI_COMMAND=%s", command);
    snprintf(variables[1], sizeof *variables, "CNI_CONTAINERID=%s", name);
    snprintf(variables[2], sizeof *variables, "CNI_NETNS=/run/netns/%s", name);
    snprintf(variables[3], sizeof *variables, "PATH=%s", getenv("PATH"));
    int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
    int length = *result ? snprintf(text, sizeof text, "{\"prevResult\": %s, %s", result, config + 1)
                         : snprintf(text, sizeof text, "%s", config);
    if (write(in, text, length) != length || lseek(in, 0, SEEK_SET)) err(1, "memfd");
    run((char *[]){path, NULL},
        (char *[]){variables[0], variables[1], variables[2], variables[3], "CNI_IFNAME=eth0",
                   "CNI_PATH=/usr/lib/cni", NULL}, in, out);
    if (!strcmp(command, "ADD") && !contents(out, result)) errx(1, "%s: no result", type);
    close(in), close(out);
}

static void up(int number, char *result) {
    char name[32], pin[64], bundle[4096], process[4128];
    snprintf(name, sizeof name, "floor-%d", number);
    snprintf(pin, sizeof pin, "/run/netns/%s", name);
    snprintf(bundle, sizeof bundle, "%s/%d", directory, number);
    snprintf(process, sizeof process, "%s/pid", bundle);
    step(NULL);
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int file = open(pin, O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (home < 0 || file < 0 || unshare(CLONE_NEWNET)) err(1, "%s", pin);
    if (mount("/proc/self/ns/net", pin, NULL, MS_BIND, NULL) || setns(home, CLONE_NEWNET)) err(1, "%s", pin);
    close(home), close(file);
    step("namespace");
    for (int i = 0; i < pluginCount; i++) plugin("ADD", i, name, result);
    step("add");
    RUN("create", "--bundle", bundle, "--pid-file", process, name);
    step("create");
    RUN("start", name);
    step("start");
}

static void down(int number, char *result) {
    char name[32], pin[64], process[4128], text[SIZE];
    snprintf(name, sizeof name, "floor-%d", number);
    snprintf(pin, sizeof pin, "/run/netns/%s", name);
    snprintf(process, sizeof process, "%s/%d/pid", directory, number);
    int file = open(process, O_RDONLY | O_CLOEXEC);
    if (file < 0) err(1, "%s", process);
    contents(file, text), close(file);
    step(NULL);
    RUN("kill", name, "KILL");
    // The runtime's create has ended, so that the container is a child of this subreaper.
    if (waitpid(atoi(text), NULL, 0) < 0) err(1, "waitpid of the container %s", text);
    step("kill");
    RUN("delete", name);
    step("delete");
    for (int i = pluginCount; i-- > 0;) plugin("DEL", i, name, result);
    step("del");
    if (umount2(pin, MNT_DETACH) || unlink(pin)) err(1, "%s", pin);
    step("remove");
}

static void readPlugins(void) {
    char path[4096];
    for (; pluginCount < PLUGINS; pluginCount++) {
        snprintf(path, sizeof path, "%s/plugin-%d.json", directory, pluginCount);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) return;
        contents(file, plugins[pluginCount]), close(file);
    }
}

int main(int count, char *arguments[]) {
    if (count != 5) errx(2, "want RUNTIME DIRECTORY FIRST COUNT");
    runtime = arguments[1], directory = arguments[2];
    int first = atoi(arguments[3]), pods = atoi(arguments[4]), execs;
    char line[64], name[32], (*results)[SIZE] = calloc(pods, SIZE);
    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    readPlugins();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    snprintf(name, sizeof name, "floor-%d", first);
    while (fgets(line, sizeof line, stdin)) {
        for (int i = 0; i < pods && !strcmp(line, "up\n"); i++) up(first + i, results[i]);
        for (int i = 0; i < pods && !strcmp(line, "down\n"); i++) down(first + i, results[i]);
        for (execs = sscanf(line, "exec %d", &execs) == 1 ? execs : 0, step(NULL); execs > 0; execs--) {
            RUN("exec", name, "true");
            step("exec");
        }
        puts("done"), fflush(stdout);
    }
}
