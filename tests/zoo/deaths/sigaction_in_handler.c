/*
 * A timer's handler calls sigaction while it is being called: that is allowed
 * (signal-safety(7)) and may not wait for itself. Context: tool.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

#include "tests/zoo/deaths/change_action.h"

#define TIMES 300

static volatile sig_atomic_t times;

static void handle(int number)
{
    (void)number;
    change(SIGFPE);
    times++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};
    const struct itimerval often = {{0, 100}, {0, 100}};
    const struct itimerval never = {{0, 0}, {0, 0}};

    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    while (times < TIMES)
        change(SIGBUS);
    return setitimer(ITIMER_REAL, &never, NULL);
}
