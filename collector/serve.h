/* Starting and ending the parts of a collector. Context: tool. */
#ifndef INQUEST_COLLECTOR_SERVE_H
#define INQUEST_COLLECTOR_SERVE_H

#include "collector/config.h"
#include "collector/store.h"

/* Until SIGTERM or SIGINT; an exit status. */
int serve(struct config *config);

/* Says what is wrong, and returns the exit status for it; 0: it is open. */
int serve_open_store(const struct config *config, struct store **ret_store);

#endif
