/* Lives on SIGSEGV, and leaves its handler by siglongjmp. Context: tool. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static sigjmp_buf before;

static void leave(int number)
{
    (void)number;
    siglongjmp(before, 1);
}

int main(void)
{
    if (signal(SIGSEGV, leave) == SIG_ERR)
        return 2;
    if (sigsetjmp(before, 1) == 0)
        return raise(SIGSEGV); /* unlike a fault of its own no fault to tell */
    puts("caught");
    return 0;
}
