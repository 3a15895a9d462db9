/* A crash on a stack of 16 KiB. Context: tool. */
#include "tests/zoo/deaths/thread.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    return thread_run(16 << 10);
}
