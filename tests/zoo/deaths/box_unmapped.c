/*
 * The program gives back memory that is ours, then divides by zero: nothing
 * can be told, and it dies as without us. Context: tool.
 */
#include "tests/zoo/deaths/own_box.h"

static void unmap(void *begin, size_t size)
{
    (void)munmap(begin, size);
}

void crash_here(void)
{
    crash_after(unmap);
}

int main(void)
{
    crash_outer();
    return 0;
}
