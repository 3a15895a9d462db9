/* A handler of SIGABRT that blocks all makes assertions itself: each is another
 * SIGABRT for it. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#define TIMES 3

static volatile int times;

static void handle(int number)
{
    times++;
    assert(times == TIMES || number == 0);
    _exit(times);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};

    (void)sigfillset(&action.sa_mask);
    (void)sigaction(SIGABRT, &action, NULL);
    assert(times == TIMES);
    return 0;
}
