/*
 * The reports that are here: in new/, busy/, sent/ and bad/ all are their
 * owner's to read. Context: tool.
 */
#ifndef INQUEST_REPORTER_REPORTS_H
#define INQUEST_REPORTER_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/queue.h"
#include "proto/report_codec.h"

#define REPORTS_MAX       (4ul * QUEUE_COUNT_MAX)
#define REPORTS_SHORT_MIN 13 /* of an id: its 48 bits of time */

struct stored_report {
    char id[REPORT_ID_BYTES];
    enum queue_place place;
};

struct reports {
    struct stored_report *items; /* by id, so by time; oldest first */
    size_t count;
};

#define OWNED_REPORTS CLEANUP(reports_close) struct reports

MUST_CHECK int reports_list(const struct queue *queue,
                            struct reports *ret_reports);
void reports_close(struct reports *reports);

/*
 * The one whose id starts with prefix; NULL or "last": the newest. Fails with
 * -ERR_NOT_FOUND, -ERR_AMBIGUOUS.
 */
MUST_CHECK int reports_find(const struct reports *reports, const char *prefix,
                            const struct stored_report **ret_report);

/* How many characters of items[index].id tell it from all others. */
size_t reports_short(const struct reports *reports, size_t index);

/* The time in an id (UUID version 7, RFC 9562 section 5.7). */
uint64_t reports_id_time_ms(const char *id);

/* Whether the name is REPORTID.inq. */
bool reports_name_valid(const char *name);

/* Reads one file whole; the caller frees *ret_data. */
MUST_CHECK int report_read_file(int dir_fd, const char *name,
                                uint8_t **ret_data, size_t *ret_size);

/* The file of one report, wherever it moved to meanwhile. */
MUST_CHECK int reports_read(const struct queue *queue, const char *id,
                            uint8_t **ret_data, size_t *ret_size);

/*
 * Reads and opens one report, wherever it moved to meanwhile. *ret_report is
 * freed by report_free.
 */
MUST_CHECK int reports_load(const struct queue *queue, const char *id,
                            Inquest__V1__Report **ret_report);

#endif
