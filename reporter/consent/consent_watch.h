/*
 * Notices that consent or policy changed while something is on its way.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_CONSENT_WATCH_H
#define INQUEST_REPORTER_CONSENT_WATCH_H

#include <stdbool.h>

#include "reporter/home.h"

struct consent_watch {
    int fd;     /* readable when something may have changed; -1: no watch */
    int report; /* inotify's number of STATE/per-report */
};

/*
 * Watches the consent file, the words for single reports and the policies,
 * and reads them once more, so that nothing falls between. Where the kernel
 * gives no watch, a change counts from the next report on.
 */
void consent_watch_open(struct home *home, struct consent_watch *ret_watch);
void consent_watch_close(struct consent_watch *watch);

/* Drains fd; true when what may leave is another than it was. */
bool consent_watch_changed(struct consent_watch *watch, struct home *home);

#endif
