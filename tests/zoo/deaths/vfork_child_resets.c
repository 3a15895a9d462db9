/*
 * A vfork child sets the default action before it would exec, as Ruby's do: the
 * handler of its parent is still there. Context: tool.
 */
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

static void handle(int number)
{
    _exit(number == SIGSEGV ? 3 : 4);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};
    struct sigaction before;

    (void)sigaction(SIGSEGV, &action, NULL);
    action.sa_handler = SIG_DFL;
    pid_t child = vfork();
    if (child == 0) {
        int r = sigaction(SIGSEGV, &action, &before);
        _exit(r == 0 && before.sa_handler == handle ? 0 : 1);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0)
        return 1;
    crash_outer();
    return 0;
}
