/* Reads a mapped file behind its new end. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

void crash_here(void)
{
    int fd = memfd_create("truncated", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, 8192) < 0)
        return;
    void *at = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED && ftruncate(fd, 0) == 0)
        (void)*death_pointer((uintptr_t)at + 4096);
}

int main(void)
{
    crash_outer();
    return 0;
}
