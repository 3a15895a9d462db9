/* main ended by pthread_exit; another thread crashes. Context: tool. */
#include "tests/zoo/deaths/thread.h"

static pthread_t main_thread;

void crash_here(void)
{
    (void)pthread_join(main_thread, NULL);
    death_write(0x10);
}

int main(void)
{
    pthread_t thread;

    main_thread = pthread_self();
    (void)pthread_create(&thread, NULL, thread_crash, NULL);
    pthread_exit(NULL);
}
