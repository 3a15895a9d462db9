/* A piece of the program's own text, mapped once more far away as V8 does it
 * with its built-in functions, writes to null. Context: tool. */
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

LINK void copied(void)
{
    death_write(0x10);
}

/* The first is the program itself: maps what holds copied once more. */
static int map_copy(struct dl_phdr_info *info, size_t size, void *ret_function)
{
    (void)size;
    uintptr_t wanted = (uintptr_t)copied - info->dlpi_addr;

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || wanted < segment->p_vaddr ||
            wanted - segment->p_vaddr >= segment->p_memsz)
            continue;
        int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        char *copy = mmap(NULL, segment->p_filesz, PROT_READ | PROT_EXEC,
                          MAP_PRIVATE, fd, (off_t)segment->p_offset);
        (void)close(fd);
        if (copy != MAP_FAILED)
            *(char **)ret_function = copy + (wanted - segment->p_vaddr);
    }
    return 1;
}

void crash_here(void)
{
    void (*function)(void) = abort;

    (void)dl_iterate_phdr(map_copy, (void *)&function);
    function();
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
