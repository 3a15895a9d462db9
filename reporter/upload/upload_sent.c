/* Settling accepted reports in batches. Context: tool. */
#include "reporter/upload/upload_sent.h"

#include <stdio.h>

#include "proto/base/err.h"
#include "proto/report_codec.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/consent_file.h"
#include "reporter/log.h"
#include "reporter/state_file.h"

void upload_sent_add(struct upload_sent *sent, struct claim *claim,
                     const char *report_id, size_t size_bytes)
{
    int64_t now_ms = clock_unix_ms();

    if (sent->count == 0)
        sent->first_ms = now_ms;
    (void)snprintf(sent->details[sent->count], UPLOAD_SENT_DETAIL_BYTES,
                   "%.36s bytes=%zu", report_id, size_bytes);
    sent->claims[sent->count++] = *claim;
    claim->fd = -1; /* moved */
    if (sent->count == UPLOAD_SENT_MAX ||
        now_ms - sent->first_ms >= UPLOAD_SENT_WAIT_MS)
        upload_sent_settle(sent);
}

/* Only of what is in sent/: one that is revived leaves as it left before. */
static void forget_words(const struct upload_sent *sent)
{
    for (size_t i = 0; i < sent->count; i++) {
        char id[REPORT_ID_BYTES];
        (void)snprintf(id, sizeof id, "%.36s", sent->details[i]);
        consent_report_remove(sent->home->state_fd, id);
    }
}

void upload_sent_settle(struct upload_sent *sent)
{
    const char *details[UPLOAD_SENT_MAX];

    if (sent->count == 0)
        return;
    for (size_t i = 0; i < sent->count; i++)
        details[i] = sent->details[i];
    int r =
        audit_append_all(sent->home->state_fd, "sent", details, sent->count);
    if (r < 0)
        log_warn("cannot write the audit log: %s", err_text(r));
    r = claim_end_all(&sent->home->queue, sent->claims, sent->count,
                      QUEUE_SENT);
    if (r < 0) {
        log_warn("some sent reports stay claimed until the next upload: %s",
                 err_text(r));
    } else {
        forget_words(sent);
    }
    sent->count = 0;
}
