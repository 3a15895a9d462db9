/* inotify on all that decides. Context: tool. */
#include "reporter/consent/consent_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "reporter/consent/consent_file.h"
#include "reporter/state_file.h"

#define EVENTS_BYTES 4096
#define READS_MAX    256 /* more than max_queued_events of inotify(7) fill */

/* Our files are replaced by rename, or made and marked (denial_mark.h); an
 * administrator's editor does anything. */
#define OUR_EVENTS (IN_MOVED_TO | IN_CREATE | IN_ATTRIB)
#define POLICY_EVENTS \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB)

static void watch_policy(int fd)
{
    const char *further = getenv("INQUEST_POLICY_FILE");
    char path[STATE_PATH_BYTES];

    (void)inotify_add_watch(fd, HOME_SYSTEM_DIR, POLICY_EVENTS); /* or none */
    if (!further || strlen(further) >= sizeof path)
        return;
    memcpy(path, further, strlen(further) + 1);
    char *slash = strrchr(path, '/');
    if (slash && slash > path) {
        *slash = '\0';
        (void)inotify_add_watch(fd, path, POLICY_EVENTS);
    }
}

/* A user has 128 of them by default (inotify(7)), and /proc may be missing. */
static bool watch_all(const struct home *home, struct consent_watch *ret_watch)
{
    OWNED_FD fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    OWNED_FD words = -1;
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", home->state_fd);
    if (fd < 0 || inotify_add_watch(fd, path, OUR_EVENTS) < 0)
        return false;
    if (state_file_dir(home->state_fd, CONSENT_PER_REPORT, &words) == 0) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", words);
        ret_watch->report = inotify_add_watch(fd, path, OUR_EVENTS);
    }
    watch_policy(fd);
    ret_watch->fd = fd_take(&fd);
    return true;
}

static int every_look(void)
{
    static const struct itimerspec looks = {{CONSENT_WATCH_LOOK_S, 0},
                                            {CONSENT_WATCH_LOOK_S, 0}};
    OWNED_FD fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0 || timerfd_settime(fd, 0, &looks, NULL) < 0)
        return -1;
    return fd_take(&fd);
}

void consent_watch_open(struct home *home, struct consent_watch *ret_watch)
{
    *ret_watch = (struct consent_watch){.fd = -1, .report = -1};
    if (!watch_all(home, ret_watch)) {
        ret_watch->timed = true;
        ret_watch->fd = every_look();
    }
    (void)home_refresh(home); /* nothing is on its way yet */
}

void consent_watch_close(struct consent_watch *watch)
{
    fd_close(&watch->fd);
}

/* Not one that is still being written (state_file.c): it counts when it has its
 * name. */
static bool is_word(const struct inotify_event *event)
{
    return event->len == 0 || event->name[0] != '.';
}

/* Of a report; it may be among what the kernel had no room for. */
static bool is_reports(const struct consent_watch *watch,
                       const struct inotify_event *event)
{
    return (event->wd == watch->report && is_word(event)) ||
           (event->mask & IN_Q_OVERFLOW) != 0;
}

bool consent_watch_changed(struct consent_watch *watch, struct home *home)
{
    _Alignas(struct inotify_event) char events[EVENTS_BYTES];
    bool report = false;
    ssize_t size = 1;

    for (int reads = 0; size > 0 && reads < READS_MAX; reads++) {
        size = read(watch->fd, events, sizeof events);
        for (ssize_t at = 0; at < size && !watch->timed;) {
            const struct inotify_event *event = (const void *)(events + at);
            report = report || is_reports(watch, event);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return home_refresh(home) || report;
}
