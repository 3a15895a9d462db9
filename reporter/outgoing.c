/* Filter, redact, pack. Context: tool. */
#include "reporter/outgoing.h"

#include <unistd.h>

#include "proto/class_filter.h"
#include "proto/data_class.h"
#include "reporter/consent_file.h"
#include "reporter/redact.h"

int outgoing_make(const struct home *home, struct span file,
                  uint8_t **ret_packed, size_t *ret_size,
                  Inquest__V1__Report **ret_report)
{
    struct consent_layers layers = home_layers(home);
    struct redact redact;
    OWNED_REPORT *report = NULL;

    int r = report_open(file, &report);
    if (r < 0)
        return r;
    struct consent_report said = {
        .epoch = report->consent_epoch,
        .do_not_track = report->do_not_track,
    };
    consent_report_read(home->state_fd, report->report_id, &said);
    uint32_t sending = consent_sending(&layers, &said);
    if (!(sending & CLASS_BIT(CLASS_REQUIRED)))
        return -ERR_DENIED;
    (void)class_filter(&report->base, sending, NULL);
    redact_init(geteuid(), &redact);
    redact_message(&redact, &report->base);
    r = report_pack(report, ret_packed, ret_size);
    if (r == 0 && ret_report) {
        *ret_report = report;
        report = NULL;
    }
    return r;
}
