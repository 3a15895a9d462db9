/* A signal comes to a child before it has run at all, and the handler
 * allocates: in a program with one thread libc has no lock then. Context: tool.
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 300
#define BYTES    5000 /* more than libc keeps for a thread */

static void *volatile allocated;

static void handle(int number)
{
    (void)number;
    allocated = malloc(BYTES);
    _exit(allocated ? 0 : 1);
}

static int run_child(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        for (;;)
            (void)pause();
    }
    (void)kill(child, SIGTERM);
    return waitpid(child, &status, 0) == child && status == 0;
}

int main(void)
{
    cpu_set_t one;

    (void)alarm(6);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof one, &one); /* its parent runs first */
    (void)signal(SIGTERM, handle);
    for (int i = 0; i < CHILDREN; i++) {
        if (!run_child())
            return 1;
    }
    return 0;
}
