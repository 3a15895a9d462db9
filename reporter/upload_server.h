/*
 * The server as configured: endpoint, credentials, and the requests for
 * deletion that wait for it. Context: tool.
 */
#ifndef INQUEST_REPORTER_UPLOAD_SERVER_H
#define INQUEST_REPORTER_UPLOAD_SERVER_H

#include "proto/base/compiler.h"
#include "reporter/home.h"
#include "reporter/transport.h"

#define DELETION_FILE "deletion-request"

/*
 * Opens the transport for the configured endpoint with its token, read from
 * token_file or $CREDENTIALS_DIRECTORY/token. Fails with -ERR_NOT_FOUND (no
 * endpoint), or says in why[why_bytes] what is wrong.
 */
MUST_CHECK int upload_server_open(const struct home *home, char *why,
                                  size_t why_bytes,
                                  struct transport **ret_transport);

/* Remembers that this installation's reports are to be deleted there. */
MUST_CHECK int deletion_request(const struct home *home,
                                const char *installation_id);

/*
 * Sends the remembered request, if there is one, and forgets it when the
 * server acknowledged. 1: there was one and it is done; 0: none.
 */
MUST_CHECK int deletion_send(const struct home *home,
                             struct transport *transport);

#endif
