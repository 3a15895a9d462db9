/* Crashes while it holds the lock of the loader. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <link.h>
#include <stddef.h>

static int in_callback(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info;
    (void)size;
    (void)data;
    death_write(0x10);
    return 0;
}

void crash_here(void)
{
    (void)dl_iterate_phdr(in_callback, NULL);
}

int main(void)
{
    crash_outer();
    return 0;
}
