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
    bool timed; /* fd is a timer: nobody tells us, so we look now and then */
};

#define CONSENT_WATCH_LOOK_S 1 /* between two looks of a timed one */

/*
 * Watches the consent file, the words for single reports and the policies,
 * and reads them once more, so that nothing falls between. Where the kernel
 * gives no watch, fd becomes readable every CONSENT_WATCH_LOOK_S; where it
 * gives no timer either, nothing cuts what is in flight.
 */
void consent_watch_open(struct home *home, struct consent_watch *ret_watch);
void consent_watch_close(struct consent_watch *watch);

/*
 * Drains fd and reads again; true when what may leave is another than it was.
 * To be asked before each report too: no watch sees a file that is edited in
 * place, or a directory that was not there. The word on one report alone is
 * read when that report is packed, so timed looks say nothing of it.
 */
bool consent_watch_changed(struct consent_watch *watch, struct home *home);

#endif
