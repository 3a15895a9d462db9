/*
 * The server as configured: endpoint and credentials. Context: tool.
 */
#ifndef INQUEST_REPORTER_UPLOAD_SERVER_H
#define INQUEST_REPORTER_UPLOAD_SERVER_H

#include "proto/base/compiler.h"
#include "reporter/home.h"
#include "reporter/upload/transport.h"

/*
 * Opens the transport for the configured endpoint with its token, read from
 * token_file or $CREDENTIALS_DIRECTORY/token. Fails with -ERR_NOT_FOUND (no
 * endpoint), or says in why[why_bytes] what is wrong.
 */
MUST_CHECK int upload_server_open(const struct home *home, char *why,
                                  size_t why_bytes,
                                  struct transport **ret_transport);

/* The same with the token of another configuration key than token_file. */
MUST_CHECK int upload_server_open_as(const struct home *home,
                                     const char *token_key, char *why,
                                     size_t why_bytes,
                                     struct transport **ret_transport);

#endif
