// A plugin of the Node Resource Interface that answers each request with nothing: plugin SOCKET.
// Its registration, a frame, comes on standard input; each answer is told by a byte on standard output.

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST = 1, RESPONSE = 2, HEADER = 10 };

// What has come on one connection of the multiplexer, and is no whole frame yet.
struct part {
	uint32_t connection;
	size_t size;
	char *data;
};

static int read_all(int fd, void *to, size_t size) {
	for (size_t done = 0; done < size;) {
		ssize_t count = read(fd, (char *)to + done, size - done);
		if (count <= 0) return -1;
		done += count;
	}
	return 0;
}

static uint32_t number(const char *from) {
	uint32_t value;
	memcpy(&value, from, sizeof value);
	return ntohl(value);
}

static void answer(int fd, uint32_t connection, const char *request) {
	char frame[8 + HEADER] = {0};
	uint32_t head[2] = {htonl(connection), htonl(HEADER)};
	memcpy(frame, head, sizeof head);
	memcpy(frame + 12, request + 4, 4);
	frame[16] = RESPONSE;
	if (write(fd, frame, sizeof frame) < 0 || write(1, "", 1) < 0) exit(1);
}

// Answers the requests that are there as a whole.
static void take(int fd, struct part *part) {
	while (part->size >= HEADER) {
		size_t size = HEADER + (size_t)number(part->data);
		if (part->size < size) return;
		if (part->data[8] == REQUEST) answer(fd, part->connection, part->data);
		part->size -= size;
		memmove(part->data, part->data + size, part->size);
	}
}

int main(int count, char **arguments) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct part parts[2] = {{.connection = 1}, {.connection = 2}};
	char registration[4096], head[8];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (count != 2 || strlen(arguments[1]) >= sizeof address.sun_path) return 2;
	strcpy(address.sun_path, arguments[1]);
	if (connect(fd, (struct sockaddr *)&address, sizeof address)) return 1;
	ssize_t size = read(0, registration, sizeof registration);
	if (size <= 0 || write(fd, registration, size) != size) return 1;
	while (!read_all(fd, head, sizeof head)) {
		struct part *part = &parts[number(head) == parts[1].connection];
		size_t more = number(head + 4);
		part->data = realloc(part->data, part->size + more);
		if (!part->data || read_all(fd, part->data + part->size, more)) return 1;
		part->size += more;
		take(fd, part);
	}
	return 0;
}
