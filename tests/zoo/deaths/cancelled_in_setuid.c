/* A thread that is to be cancelled calls setuid, which is no place for that
 * (pthreads(7)). Context: tool. */
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#define TIMES 16 /* each time the sampler may be gone at once, or not */

static int went_on;

static void *run(void *unused)
{
    (void)pthread_cancel(pthread_self());
    (void)setuid(getuid());
    went_on++;
    pthread_testcancel();
    return unused;
}

int main(void)
{
    for (int i = 1; i <= TIMES; i++) {
        pthread_t thread;
        void *result = NULL;
        if (pthread_create(&thread, NULL, run, NULL) != 0 ||
            pthread_join(thread, &result) != 0)
            return 1;
        if (went_on != i || result != PTHREAD_CANCELED)
            return 2;
    }
    return 0;
}
