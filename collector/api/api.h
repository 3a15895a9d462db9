/* The handlers that route.c lists; README.md says what they answer. Context:
 * tool. */
#ifndef INQUEST_COLLECTOR_API_H
#define INQUEST_COLLECTOR_API_H

#include "collector/http/request.h"
#include "collector/store.h"

struct answer api_session(struct request *request);
struct answer api_log_in(struct request *request);
struct answer api_log_out(struct request *request);
struct answer api_groups(struct request *request);
struct answer api_group(struct request *request);
struct answer api_group_set(struct request *request);
struct answer api_group_explain(struct request *request);
struct answer api_reports(struct request *request);
struct answer api_report(struct request *request);
struct answer api_report_raw(struct request *request);
struct answer api_report_explain(struct request *request);
struct answer api_versions(struct request *request);
struct answer api_facets(struct request *request);
struct answer api_ingest(struct request *request);
struct answer api_deletion_add(struct request *request);
struct answer api_deletion(struct request *request);
struct answer api_symbols_look(struct request *request);
struct answer api_symbols_put(struct request *request);
struct answer api_health(struct request *request);
struct answer api_metrics(struct request *request);

/*
 * The filter of a request's query. Fails with -EINVAL; *ret_why then says
 * which part is wrong.
 */
MUST_CHECK int api_filter(const struct request *request,
                          struct store_filter *ret_filter,
                          const char **ret_why);

/* 16 hexadecimal digits of a group. */
MUST_CHECK int api_group_id(const char *text, int64_t *ret_group);

void api_group_text(int64_t group, char ret_text[20]);

/* A UUID. */
MUST_CHECK int api_report_id(const char *text, uint8_t ret_id[STORE_ID_BYTES]);

#endif
