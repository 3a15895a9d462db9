/*
 * Preloaded into our tools: the wall clock is CLOCK_SHIFT seconds away from
 * the true one, as after a dead battery or a wrong time server; where
 * CLOCK_SHIFT is a path, so many seconds as stand in that file at the time.
 * What the kernel waits for is the true one. Context: tool.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shift(void)
{
    const char *text = getenv("CLOCK_SHIFT");
    char file[32] = "";

    if (text && text[0] == '/') {
        int fd = open(text, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, file, sizeof file - 1) < 0)
            file[0] = '\0';
        close(fd);
        text = file;
    }
    return text ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long r = syscall(SYS_clock_gettime, clock, now);

    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift();
    return (int)r;
}

time_t time(time_t *ret_now)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
    if (ret_now)
        *ret_now = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec exact;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &exact); /* cannot fail */
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
