// A gRPC client without a library's cost: frames of HTTP/2 (RFC 9113) on a unix socket. With grpcio,
// the client alone takes longer than a list of sixty containers.
//
//     client SOCKET
//
// It waits until somebody listens there. On stdin come orders, a line each: "PATH COUNT [HEX]", the
// method, how often, and the request: of fewer calls, but five, when they take more than ten seconds.
// Each is answered by a line with the milliseconds of each call, and one with the last answer in hex,
// or "failed", after which no more were made.
#define _GNU_SOURCE
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DATA, HEADERS, SETTINGS = 4, PING = 6, GOAWAY, WINDOW_UPDATE };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, INITIAL_WINDOW = 4 };
// A frame's head, and a message's: whether it is compressed, and its length.
enum { HEAD = 9, PREFIX = 5, FRAME = 16384, BUFFER = 1 << 18, ANSWER = 32 << 20 };
// Bytes after which a window is opened again, by when other clients do it too; not after each answer.
enum { WINDOW_STEP = 1 << 20 };
enum { FEWEST = 5, LONGEST = 10000 };
static const uint32_t largestWindow = INT32_MAX;

static int connection;
static uint8_t input[BUFFER], answer[ANSWER];
static size_t begin, end, answered, unacknowledged;
static uint32_t stream = -1;

static uint8_t *number(uint8_t *to, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) *to++ = value >> shift;
    return to;
}

static uint32_t read32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3];
}

// Section 4.1.
static uint8_t *head(uint8_t *to, uint32_t length, uint8_t type, uint8_t flags, uint32_t on) {
    number(to, length << 8 | type);
    to[4] = flags;
    return number(to + 5, on);
}

static void transmit(const void *bytes, size_t length) {
    if (send(connection, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) err(1, "send");
}

static void update(uint32_t by) {
    uint8_t frame[HEAD + 4];
    number(head(frame, 4, WINDOW_UPDATE, 0, 0), by);
    transmit(frame, sizeof frame);
}

static void connectTo(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    while (connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
           connect(connection, (struct sockaddr *)&address, sizeof address))
        close(connection), usleep(1000);
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    transmit(preface, sizeof preface - 1);
    uint8_t settings[HEAD + 6];
    uint8_t *to = head(settings, 6, SETTINGS, 0, 0);
    *to++ = 0, *to++ = INITIAL_WINDOW;
    number(to, largestWindow);
    transmit(settings, sizeof settings);
    update(largestWindow - 65535);
}

// So many bytes of input, which stay there until the next.
static const uint8_t *take(size_t count) {
    if (begin + count > BUFFER) {
        memmove(input, input + begin, end - begin);
        end -= begin, begin = 0;
    }
    while (end - begin < count) {
        ssize_t more = recv(connection, input + end, BUFFER - end, 0);
        if (more <= 0) errx(1, "the server closed the connection");
        end += more;
    }
    const uint8_t *taken = input + begin;
    begin += count;
    if (begin == end) begin = end = 0;
    return taken;
}

// A header that is in no table (RFC 7541, section 6.2.2).
static uint8_t *field(uint8_t *to, const char *name, const char *value) {
    *to++ = 0;
    for (const char *text = name;; text = value) {
        *to++ = strlen(text);
        to = mempcpy(to, text, strlen(text));
        if (text == value) return to;
    }
}

// HEADERS and DATA of a call but for its stream; the length.
static size_t compose(uint8_t *to, const char *path, const uint8_t *request, size_t length) {
    uint8_t *headers = to + HEAD, *at = field(headers, ":method", "POST");
    at = field(at, ":scheme", "http"), at = field(at, ":path", path), at = field(at, ":authority", "localhost");
    at = field(at, "content-type", "application/grpc"), at = field(at, "te", "trailers");
    head(to, at - headers, HEADERS, END_HEADERS, 0);
    at = head(at, PREFIX + length, DATA, END_STREAM, 0);
    *at++ = 0;
    return (uint8_t *)mempcpy(number(at, length), request, length) - to;
}

static void acknowledge(void) {
    if ((unacknowledged += answered) < WINDOW_STEP) return;
    update(unacknowledged);
    unacknowledged = 0;
}

// Whether the answer goes on after this frame.
static int receive(void) {
    const uint8_t *frame = take(HEAD);
    uint32_t length = read32(frame) >> 8, type = frame[3], flags = frame[4], on = read32(frame + 5);
    const uint8_t *payload = take(length);
    uint8_t reply[HEAD + 8];
    if (type == GOAWAY) errx(1, "the server sent GOAWAY");
    if (type == DATA) {
        if (answered + length > ANSWER) errx(1, "the answer is too long");
        memcpy(answer + answered, payload, length), answered += length;
    }
    if ((type == SETTINGS || type == PING) && !(flags & ACK)) {
        uint32_t echoed = type == PING ? 8 : 0;
        memcpy(head(reply, echoed, type, ACK, 0), payload, echoed);
        transmit(reply, HEAD + echoed);
    }
    return !(on == stream && (type == DATA || type == HEADERS) && flags & END_STREAM);
}

// Whether there is an answer: where a call failed there is not even an empty message, but trailers
// alone (gRPC over HTTP/2, Responses).
static int call(uint8_t *frames, size_t length) {
    stream += 2, answered = 0;
    number(frames + 5, stream);
    number(frames + HEAD + (read32(frames) >> 8) + 5, stream);
    transmit(frames, length);
    while (receive()) continue;
    acknowledge();
    return answered >= PREFIX;
}

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int count, char *arguments[]) {
    if (count != 2) errx(2, "want SOCKET");
    connectTo(arguments[1]);
    static char line[2 * FRAME], path[128], hex[FRAME];
    static uint8_t request[FRAME / 2], frames[FRAME];
    while (fgets(line, sizeof line, stdin)) {
        int calls = 0;
        *hex = 0;
        if (sscanf(line, "%127s %d %16383s", path, &calls, hex) < 2) errx(2, "not an order: %s", line);
        size_t length = strlen(hex) / 2;
        for (size_t i = 0; i < length; i++) sscanf(hex + 2 * i, "%2hhx", &request[i]);
        size_t size = compose(frames, path, request, length);
        double first = milliseconds();
        for (int made = 0; made < calls && (made < FEWEST || milliseconds() < first + LONGEST); made++) {
            double start = milliseconds();
            if (!call(frames, size)) break;
            printf("%.4f ", milliseconds() - start);
        }
        puts(answered < PREFIX ? "\nfailed" : "");
        for (size_t i = PREFIX; i < answered; i++) printf("%02x", answer[i]);
        if (answered >= PREFIX) putchar('\n');
        fflush(stdout);
    }
}
