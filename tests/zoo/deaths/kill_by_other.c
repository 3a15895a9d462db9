/* Another process sends the signal. Context: tool. */
#include <signal.h>
#include <unistd.h>

int main(void)
{
    pid_t parent = getpid();

    if (fork() == 0) {
        (void)kill(parent, SIGSEGV);
        _exit(0);
    }
    for (;;)
        (void)pause();
}
