/* A handler survives an assertion, whose calls still lie on the stack when it
 * answers a SIGABRT that the program raises: it goes on, and crashes of
 * something else. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <setjmp.h>
#include <signal.h>

#include "tests/zoo/deaths/death.h"

#define LEFT_BYTES 900 /* not as many as that assertion had used */

static sigjmp_buf back;
static volatile sig_atomic_t survived;

static void handle(int number)
{
    if (!survived)
        siglongjmp(back, number);
}

static __attribute__((noinline)) void fail(void)
{
    assert(!"this is survived");
}

static __attribute__((noinline)) void ask(void)
{
    char left[LEFT_BYTES];

    __asm__ volatile("" : : "r"(left) : "memory");
    (void)raise(SIGABRT);
    __asm__ volatile("" : : "r"(left) : "memory");
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    (void)signal(SIGABRT, handle);
    if (sigsetjmp(back, 1) == 0)
        fail();
    survived = 1;
    ask();
    crash_outer();
    return 0;
}
