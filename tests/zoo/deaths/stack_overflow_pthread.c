/* A thread's stack overflows. Context: tool. */
#include "tests/zoo/deaths/stack_overflow.h"
#include "tests/zoo/deaths/thread.h"

int main(void)
{
    return thread_run(0);
}
