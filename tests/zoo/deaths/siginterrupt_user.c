/* Wants a wait to be interrupted: what siginterrupt says holds for handlers
 * that signal() sets later, of a fault signal as of any other. Context: tool.
 */
#include <signal.h>
#include <stdio.h>

static void handle(int number)
{
    (void)number;
}

/* Whether a call is begun again behind the handler. */
static int begins_again(int number)
{
    struct sigaction action;

    (void)signal(number, handle);
    (void)sigaction(number, NULL, &action);
    return (action.sa_flags & SA_RESTART) != 0;
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static int is_heeded(int number)
{
    int first = begins_again(number);
    (void)siginterrupt(number, 1);
    int interrupted = begins_again(number);
    (void)siginterrupt(number, 0);
    int last = begins_again(number);

    printf("%d: %d %d %d\n", number, first, interrupted, last);
    return first && !interrupted && last;
}

int main(void)
{
    int usr1 = is_heeded(SIGUSR1);
    int trap = is_heeded(SIGTRAP);

    return usr1 && trap ? 0 : 1;
}
