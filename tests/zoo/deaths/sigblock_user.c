/* Blocks by BSD's masks, takes what was sent when it lets it through: the
 * program's handler runs, and no crash is told. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void handle(int number)
{
    static const char text[] = "handled\n";

    (void)number;
    (void)!write(1, text, sizeof text - 1);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
int main(void)
{
    (void)signal(SIGBUS, handle);
    int before = sigblock(sigmask(SIGBUS) | sigmask(SIGUSR1));
    (void)kill(getpid(), SIGBUS);
    printf("before %x, now %x\n", (unsigned)before, (unsigned)siggetmask());
    (void)fflush(stdout);
    (void)sigsetmask(0);
    (void)sighold(SIGFPE);
    printf("held %x\n", (unsigned)siggetmask());
    (void)sigrelse(SIGFPE);
    printf("released %x\n", (unsigned)siggetmask());
    return 0;
}
