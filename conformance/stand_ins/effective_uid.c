/* Stands in for critest's nonewprivs image, which has it setuid root. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
    printf("Effective uid: %d\n", geteuid());
    return 0;
}
