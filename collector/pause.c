/* Conditions by the monotonic clock. Context: tool. */
#include "collector/pause.h"

void pause_init(pthread_cond_t *ret_condition)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(ret_condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

struct timespec pause_until(unsigned seconds)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until); /* cannot fail */
    until.tv_sec += seconds;
    return until;
}
