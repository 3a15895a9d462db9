/* Another process traces every thread, as a debugger does. Context: tool. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

/* Passes every signal on; ends with the program. New threads are traced too. */
static void trace(pid_t program, int ready)
{
    int status;
    pid_t thread;

    if (ptrace(PTRACE_SEIZE, program, NULL, PTRACE_O_TRACECLONE) < 0)
        _exit(1);
    (void)!write(ready, "x", 1);
    while ((thread = waitpid(-1, &status, __WALL)) > 0) {
        if (!WIFSTOPPED(status)) {
            if (thread == program)
                _exit(0);
            continue;
        }
        int signal_number = WSTOPSIG(status);
        if (status >> 16 != 0) /* a ptrace event */
            signal_number = 0;
        (void)ptrace(PTRACE_CONT, thread, NULL,
                     (void *)(uintptr_t)signal_number);
    }
    _exit(0);
}

static void *idle(void *barrier)
{
    (void)pthread_barrier_wait(barrier);
    for (;;)
        (void)pause();
    return NULL;
}

int main(void)
{
    static pthread_barrier_t barrier;
    int ends[2];
    char byte;
    pthread_t thread;
    pid_t program = getpid();

    if (pipe(ends) < 0 || pthread_barrier_init(&barrier, NULL, 2) != 0)
        return 1;
    (void)prctl(PR_SET_PTRACER, -1, 0, 0, 0);
    pid_t tracer = fork();
    if (tracer == 0)
        trace(program, ends[1]);
    (void)close(ends[1]);
    if (tracer < 0 || read(ends[0], &byte, 1) != 1 ||
        pthread_create(&thread, NULL, idle, &barrier) != 0)
        return 1;
    (void)pthread_barrier_wait(&barrier);
    crash_outer();
    return 0;
}
