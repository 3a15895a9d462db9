/* Threads whose attributes bring a signal mask, in a thread that has another
 * one: a fault signal that is sent to one is handled where the attribute lets
 * it through and kept back where it does not; a fault is told. Context: tool.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/zoo/deaths/death.h"

static volatile sig_atomic_t handled;

static void handle(int number)
{
    (void)number;
    handled = handled + 1;
}

void crash_here(void)
{
    death_write(0x10);
}

static void *raise_one(void *unused)
{
    (void)raise(SIGTRAP);
    return unused;
}

static void *crash(void *unused)
{
    crash_outer();
    return unused;
}

static void run(const sigset_t *mask, void *(*thread)(void *))
{
    pthread_attr_t attributes;
    pthread_t id;

    (void)pthread_attr_init(&attributes);
    if (pthread_attr_setsigmask_np(&attributes, mask) != 0 ||
        pthread_create(&id, &attributes, thread, NULL) != 0)
        exit(1);
    (void)pthread_join(id, NULL);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};
    sigset_t none;
    sigset_t trap;
    sigset_t all;

    (void)sigemptyset(&none);
    (void)sigemptyset(&trap);
    (void)sigaddset(&trap, SIGTRAP);
    (void)sigfillset(&all);
    (void)sigaction(SIGTRAP, &action, NULL);
    run(&all, raise_one);
    printf("kept back: handled %d\n", handled);
    (void)sigprocmask(SIG_BLOCK, &trap, NULL);
    run(&none, raise_one);
    printf("let through: handled %d\n", handled);
    (void)sigprocmask(SIG_UNBLOCK, &trap, NULL);
    (void)fflush(stdout);
    run(&all, crash);
    return 1;
}
