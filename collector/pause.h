/*
 * Pauses that somebody may end: conditions whose timed waits go by
 * CLOCK_MONOTONIC, so that nobody waits an hour longer because the wall clock
 * was set back. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_PAUSE_H
#define INQUEST_COLLECTOR_PAUSE_H

#include <pthread.h>
#include <time.h>

/* Cannot fail on Linux; to be ended by pthread_cond_destroy. */
void pause_init(pthread_cond_t *ret_condition);

/* So many seconds from now, for pthread_cond_timedwait. */
struct timespec pause_until(unsigned seconds);

#endif
