/* The stack of a thread of C11 overflows. Context: tool. */
#include <threads.h>

#include "tests/zoo/deaths/stack_overflow.h"

static int run(void *unused)
{
    (void)unused;
    crash_outer();
    return 0;
}

int main(void)
{
    thrd_t thread;
    int result = 0;

    if (thrd_create(&thread, run, NULL) != thrd_success)
        return 1;
    (void)thrd_join(thread, &result);
    return result;
}
