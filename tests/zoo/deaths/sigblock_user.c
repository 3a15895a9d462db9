/* Blocks by BSD's masks, takes what was sent when it lets it through: the
 * program's handler runs, and no crash is told. Context: tool. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define BIT(number) (1 << ((number)-1)) /* sigmask, which warns */

static void handle(int number)
{
    static const char text[] = "handled\n";

    (void)number;
    (void)!write(1, text, sizeof text - 1);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
int main(void)
{
    /* Found at run time: the linker warns of it. */
    int (*get_mask)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "siggetmask");

    if (!get_mask)
        return 1;
    (void)signal(SIGBUS, handle);
    int before = sigblock(BIT(SIGBUS) | BIT(SIGUSR1));
    (void)kill(getpid(), SIGBUS);
    printf("before %x, now %x\n", (unsigned)before, (unsigned)get_mask());
    (void)fflush(stdout);
    (void)sigsetmask(0);
    (void)sighold(SIGFPE);
    printf("held %x\n", (unsigned)get_mask());
    (void)sigrelse(SIGFPE);
    printf("released %x\n", (unsigned)get_mask());
    return 0;
}
