/* libc's own functions, from a handle of it: who gives up root by them, makes a
 * thread and makes sure that root is gone is not ended by libc, which aborts
 * where one thread may do what another may not. Context: tool. */
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/zoo/deaths/left_behind.h"

static void *rest(void *unused)
{
    (void)unused;
    for (;;)
        (void)pause();
}

int main(void)
{
    int (*change)(uid_t, uid_t, uid_t) = NULL;
    pthread_t thread;
    void *libc = dlopen("libc.so.6", RTLD_NOW);

    *(void **)&change = libc ? dlsym(libc, "setresuid") : NULL;
    if (!change || change(NOBODY, NOBODY, NOBODY) != 0 ||
        pthread_create(&thread, NULL, rest, NULL) != 0)
        return 1;
    return change(0, 0, 0) != 0 && threads_left_behind() == 0 ? 0 : 2;
}
