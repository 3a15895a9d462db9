/* abort() in a thread. Context: tool. */
#include "tests/zoo/deaths/thread.h"

#include <stdlib.h>

void crash_here(void)
{
    abort();
}

int main(void)
{
    return thread_run(0);
}
