// socket_families: which families of sockets this process may make, by each way there is to ask for one.
// A line each: "WAY FAMILY ERRNO", where 0 is a socket.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const int families[] = {AF_UNIX, AF_INET, AF_ALG, AF_VSOCK};

#ifdef __x86_64__
// The system calls of 32-bit programs, which take addresses of 32 bits.
static int call32(long number, long one, long two, long three) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(one), "c"(two), "d"(three)
                     : "memory", "r8", "r9", "r10", "r11");
    return (int)result;
}

static void try32(int family) {
    int *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    words[0] = family, words[1] = SOCK_STREAM, words[2] = 0;
    int result = call32(102, 1, (long)words, 0);
    printf("socketcall32 %d %d\n", family, result < 0 ? -result : 0);
    result = call32(359, family, SOCK_STREAM, 0);
    printf("socket32 %d %d\n", family, result < 0 ? -result : 0);
}
#else
static void try32(int family) { (void)family; }
#endif

int main(void) {
    for (unsigned i = 0; i < sizeof families / sizeof *families; i++) {
        int result = socket(families[i], families[i] == AF_ALG ? SOCK_SEQPACKET : SOCK_STREAM, 0);
        printf("socket %d %d\n", families[i], result < 0 ? errno : 0);
        try32(families[i]);
    }
    return 0;
}
