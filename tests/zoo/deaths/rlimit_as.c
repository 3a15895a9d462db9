/* The address space is exhausted. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

void crash_here(void)
{
    struct rlimit limit = {256u << 20, 256u << 20};

    (void)setrlimit(RLIMIT_AS, &limit);
    for (size_t size = 64u << 20; size >= 4096; size /= 2) {
        while (mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0) != MAP_FAILED)
            continue;
    }
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
