/*
 * One thread calls sigaction all the time while another forks: in the children,
 * who lack the first, a handler of pthread_atfork calls it. Context: tool.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/change_action.h"

#define CHILDREN 1000

static bool ends;

static void *keep_changing(void *unused)
{
    while (!__atomic_load_n(&ends, __ATOMIC_RELAXED))
        change(SIGBUS);
    return unused;
}

static void in_child(void)
{
    change(SIGFPE);
}

int main(void)
{
    pthread_t thread;
    int status = 0;

    if (pthread_create(&thread, NULL, keep_changing, NULL) != 0 ||
        pthread_atfork(NULL, NULL, in_child) != 0)
        return 1;
    for (int i = 0; i < CHILDREN && status == 0; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        if (child < 0 || waitpid(child, &status, 0) != child)
            return 2;
    }
    __atomic_store_n(&ends, true, __ATOMIC_RELAXED);
    (void)pthread_join(thread, NULL);
    return status == 0 ? 0 : 3;
}
