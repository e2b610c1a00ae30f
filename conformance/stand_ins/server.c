/* Stands in for nginx and httpd in critest's images: answers every HTTP request with 200.
 *
 * server NAME TITLE PORT: critest looks for the process by NAME (pidof nginx), for "master process"
 * in its command line, for its pid in /var/run/NAME.pid, and for NAME in its log. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(int signal) {
    (void)signal;
    _exit(0);
}

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) {
        perror("listen");
        exit(1);
    }
    return listener;
}

static void write_pid(const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/var/run/%s.pid", name);
    FILE *file = fopen(path, "w");
    if (file) {
        fprintf(file, "%d\n", getpid());
        fclose(file);
    }
}

int main(int argc, char **argv) {
    static const char reply[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";
    if (argc == 4) {
        /* Once more, so that the title is the whole command line, as nginx makes it. */
        setenv("NAME", argv[1], 1);
        setenv("PORT", argv[3], 1);
        execl("/proc/self/exe", argv[2], NULL);
    }
    prctl(PR_SET_NAME, getenv("NAME"));
    signal(SIGTERM, end);
    signal(SIGQUIT, end);
    int listener = listen_on(atoi(getenv("PORT")));
    write_pid(getenv("NAME"));
    printf("%s is ready\n", getenv("NAME"));
    fflush(stdout);
    for (;;) {
        char request[4096];
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        if (read(connection, request, sizeof request) > 0) {
            ssize_t sent = write(connection, reply, sizeof reply - 1);
            (void)sent;
        }
        close(connection);
    }
}
