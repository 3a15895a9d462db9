/*
 * Who may do what: ingest tokens, page tokens, passwords and sessions, each of
 * one project or of all. Where none is configured everything is open, which
 * main allows on loopback alone; requests must then name this machine as their
 * host, so that no other site's script reaches it by a name of its own.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_ACCESS_H
#define INQUEST_COLLECTOR_ACCESS_H

#include <stdbool.h>

#include "collector/config.h"
#include "collector/http/request.h"
#include "collector/store.h"

struct access;

/*
 * Makes the projects of config in the store. config is borrowed. Fails with
 * -ENOMEM, -EIO.
 */
MUST_CHECK int access_open(struct config *config, struct store *store,
                           struct access **ret_access);
void access_close(struct access **access);

/* What an address that others reach lacks, as a sentence; NULL: nothing. */
const char *access_lacks(const struct config *config);

/*
 * Whether the request may go on to its route; sets its project. Else
 * *ret_denied is the answer.
 */
bool access_check(struct access *access, struct request *request,
                  struct answer *ret_denied);

/* Whether a password is asked for at all. */
bool access_required(const struct access *access);

/* Whether a session or a page token is with the request; its project. */
bool access_page(struct access *access, const struct request *request,
                 int64_t *ret_project);

/* 204 with a cookie, 401, or 429. */
struct answer access_log_in(struct access *access,
                            const struct request *request,
                            const char *password);
struct answer access_log_out(struct access *access,
                             const struct request *request);

#endif
