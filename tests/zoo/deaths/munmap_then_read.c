/* Reads memory that it gave back. Context: tool. */
#include <stddef.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

#define BYTES (16u << 20) /* so large that nothing else comes there */

void crash_here(void)
{
    char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile int *in_it = (volatile int *)(memory + 0x1230);

    *in_it = 1;
    (void)munmap(memory, BYTES);
    (void)*in_it;
}

int main(void)
{
    crash_outer();
    return 0;
}
