/*
 * A stored report as it would leave: filtered by consent, redacted, packed,
 * compressed. One function for preview and upload, so that what is shown is
 * what is sent, byte for byte. Context: tool.
 */
#ifndef INQUEST_REPORTER_OUTGOING_H
#define INQUEST_REPORTER_OUTGOING_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/span.h"
#include "proto/report_codec.h"
#include "reporter/consent/consent.h"
#include "reporter/home.h"

struct outgoing {
    uint8_t *packed; /* the message */
    size_t packed_bytes;
    uint8_t *gzip; /* the body; sealed: as it is posted */
    size_t gzip_bytes;
    bool sealed;
    uint32_t classes;           /* CLASS_BIT()s that were allowed */
    enum consent_layer decided; /* who denied, with -ERR_DENIED */
    enum data_class denied_class;
};

/* The class without which a report of this kind would be an empty shell. */
enum data_class outgoing_class(const Inquest__V1__Report *report);

/*
 * Who decides whether report would leave now: CONSENT_ALLOWED, or the layer
 * that denies *ret_class, without which it is nothing.
 */
enum consent_layer outgoing_decides(const struct home *home,
                                    const Inquest__V1__Report *report,
                                    enum data_class *ret_class);

#define OWNED_OUTGOING CLEANUP(outgoing_close) struct outgoing
void outgoing_close(struct outgoing *outgoing);

/*
 * Makes it of a file of the queue. Fails with -ERR_DENIED (outgoing->decided
 * says who), with the errors of report_open for a torn file, -ERR_LIMIT, or
 * with what kept the disk from saying whether it may leave.
 */
MUST_CHECK int outgoing_build(const struct home *home, struct span file,
                              struct outgoing *ret_outgoing);

/* The same for a report in memory, which is changed. */
MUST_CHECK int outgoing_pack(const struct home *home,
                             Inquest__V1__Report *report,
                             struct outgoing *ret_outgoing);

/* The same without what a later denial could take away: outgoing_least. */
MUST_CHECK int outgoing_pack_least(const struct home *home,
                                   Inquest__V1__Report *report,
                                   struct outgoing *ret_outgoing);
uint32_t outgoing_least(enum data_class class);

/*
 * The part of a sealed file that may leave now; packed stays NULL. Fails as
 * sealed_read, with -ERR_DENIED, -ENOMEM.
 */
MUST_CHECK int outgoing_sealed(const struct home *home, const char *report_id,
                               struct span file, struct outgoing *ret_outgoing);

/* As outgoing_pack, as if grants of these CLASS_BIT()s reached back to it. */
MUST_CHECK int outgoing_pack_past(const struct home *home,
                                  Inquest__V1__Report *report, uint32_t past,
                                  struct outgoing *ret_outgoing);

#endif
