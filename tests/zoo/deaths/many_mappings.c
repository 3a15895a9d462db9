/* Nearly as many mappings as the kernel allows (vm.max_map_count, 65530).
 * Context: tool. */
#include <stddef.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

#define PAGE_BYTES 4096u
#define PAGES      65000u

void crash_here(void)
{
    char *memory = mmap(NULL, (size_t)PAGES * PAGE_BYTES, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (size_t i = 0; i < PAGES; i += 2) /* each one cuts a mapping in two */
        (void)mprotect(memory + i * PAGE_BYTES, PAGE_BYTES, PROT_NONE);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
