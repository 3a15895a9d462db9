/* Handlers raise each other's signals and their own, which the kernel keeps
 * back until they return: each runs as often and in the same order. Context:
 * tool. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

static const int signals[] = {SIGILL, SIGFPE, SIGSEGV, SIGUSR1, SIGBUS, SIGSYS};

#define SIGNALS   (sizeof signals / sizeof *signals)
#define CALLS_MAX 40

static char order[CALLS_MAX + 1];
static volatile sig_atomic_t calls;

static void handle(int number)
{
    if (calls == CALLS_MAX)
        return;
    order[calls] = (char)('0' + number);
    calls = calls + 1;
    for (size_t i = 0; i < SIGNALS; i++)
        (void)raise(signals[i]);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        if (sigaction(signals[i], &action, NULL) < 0)
            return 1;
    }
    (void)raise(SIGILL);
    return puts(order) < 0;
}
