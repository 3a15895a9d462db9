/*
 * The program makes memory that is ours read-only, then divides by zero:
 * nothing can be told, and it dies as without us. Context: tool.
 */
#include "tests/zoo/deaths/own_box.h"

static void protect(void *begin, size_t size)
{
    (void)mprotect(begin, size, PROT_READ);
}

void crash_here(void)
{
    crash_after(protect);
}

int main(void)
{
    crash_outer();
    return 0;
}
