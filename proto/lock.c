/* Tries, and short pauses between them. Context: tool. */
#include "proto/lock.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

#include "proto/base/err.h"
#include "proto/base/sys.h"

#define PAUSE_NS  1000000
#define NS_PER_MS 1000000

static int64_t now_ms(void)
{
    return sys_clock_ns(CLOCK_MONOTONIC) / NS_PER_MS;
}

int64_t lock_until(unsigned wait_ms)
{
    return now_ms() + wait_ms;
}

unsigned lock_left(int64_t until_ms)
{
    int64_t left_ms = until_ms - now_ms();

    return left_ms > 0 ? (unsigned)left_ms : 0;
}

int lock_take(int fd, unsigned wait_ms)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    int64_t until_ms = lock_until(wait_ms);

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (lock_left(until_ms) == 0)
            return -ERR_HELD;
        (void)nanosleep(&pause, NULL); /* a shorter one does no harm */
    }
    return 0;
}
