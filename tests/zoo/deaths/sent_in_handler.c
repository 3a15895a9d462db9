/* Handlers of ordinary signals that have SIGTRAP in their mask, and to which it
 * is sent: it is kept back until they return, unless they let it through. With
 * its default action, too, which then ends the program. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char order[64];

static void note(char what)
{
    order[strlen(order)] = what;
}

static void on_trap(int number)
{
    (void)number;
    note('t');
}

static void on_signal(int number)
{
    note('(');
    (void)raise(SIGTRAP);
    if (number == SIGUSR1) /* whose handler may be interrupted by the next */
        (void)raise(SIGUSR2);
    note(')');
}

static void lets_through(int number)
{
    sigset_t trap;

    (void)number;
    (void)sigemptyset(&trap);
    (void)sigaddset(&trap, SIGTRAP);
    note('[');
    (void)sigprocmask(SIG_UNBLOCK, &trap, NULL);
    (void)raise(SIGTRAP);
    note(']');
}

static void says_so(int number)
{
    (void)raise(SIGTRAP);
    if (write(STDOUT_FILENO, "lives\n", 6) != 6)
        _exit(number);
}

static void set(int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, SIGTRAP);
    (void)sigaddset(&action.sa_mask, SIGHUP);
    (void)sigaction(number, &action, NULL);
}

int main(void)
{
    static char memory[1 << 16];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};

    (void)sigaltstack(&stack, NULL);
    (void)signal(SIGTRAP, on_trap);
    set(SIGUSR1, on_signal, 0);
    set(SIGUSR2, on_signal, SA_ONSTACK);
    (void)raise(SIGUSR1);
    note(' ');
    (void)raise(SIGUSR2);
    (void)raise(SIGTRAP); /* now it comes at once */
    if (fork() == 0) {
        set(SIGWINCH, lets_through, 0);
        (void)raise(SIGWINCH);
        return puts(order) < 0;
    }
    (void)wait(NULL);
    (void)signal(SIGTRAP, SIG_DFL);
    set(SIGUSR2, says_so, 0);
    (void)raise(SIGUSR2);
    return 0;
}
