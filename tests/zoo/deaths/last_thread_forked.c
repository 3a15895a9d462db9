/* A thread forks; in the child it is the only one, and returns: the child ends
 * with 0, and exit handlers run. Context: tool. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void at_exit(void)
{
    puts("exit handler");
}

static void *fork_here(void *unused)
{
    int status = -1;

    pid_t pid = fork();
    if (pid == 0)
        return unused;
    (void)waitpid(pid, &status, 0);
    printf("child %d\n", status);
    return unused;
}

int main(void)
{
    pthread_t thread;

    (void)atexit(at_exit);
    if (pthread_create(&thread, NULL, fork_here, NULL) != 0)
        return 1;
    (void)pthread_join(thread, NULL);
    return 0;
}
