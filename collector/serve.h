/* Starting and ending the parts of a collector. Context: tool. */
#ifndef INQUEST_COLLECTOR_SERVE_H
#define INQUEST_COLLECTOR_SERVE_H

#include "collector/config.h"
#include "collector/store.h"

#define SERVE_END_S 60 /* less than service managers wait (90 s) */

/*
 * Until SIGTERM or SIGINT; an exit status. An end that takes longer than
 * SERVE_END_S, for the store or for names, is cut short with EX_IOERR: all
 * that was answered is durable.
 */
int serve(struct config *config);

/* Says what is wrong, and returns the exit status for it; 0: it is open. */
int serve_open_store(const struct config *config, struct store **ret_store);

#endif
