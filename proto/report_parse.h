/*
 * JSON back to a report: the mapping of report_json.h, strictly. Names that
 * the schema does not have, other types and numbers out of range are errors,
 * with the path to the place. Context: tool.
 */
#ifndef INQUEST_PROTO_REPORT_PARSE_H
#define INQUEST_PROTO_REPORT_PARSE_H

#include <jansson.h>

#include "proto/base/compiler.h"
#include "proto/report_codec.h"

#define REPORT_PARSE_WHERE_BYTES 160

/*
 * *ret_report is freed by report_free. Fails with -ERR_SCHEMA (where then says
 * "threads[3].frames[0].pc: not a number"), -ERR_LIMIT (nested too deeply) or
 * -ENOMEM.
 */
MUST_CHECK int report_from_json(const json_t *json,
                                Inquest__V1__Report **ret_report,
                                char where[REPORT_PARSE_WHERE_BYTES]);

#endif
