/*
 * An intake: one report on its way into the store, with all that the store's
 * row points to. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_INTAKE_H
#define INQUEST_COLLECTOR_INTAKE_H

#include "collector/collector.h"
#include "collector/store.h"
#include "proto/report_codec.h"

struct intake {
    Inquest__V1__Report *report;
    struct store_report row;
    struct store_stack stack;
    struct store_usage usage;
    char *texts;    /* what of the row was cleaned */
    char *evidence; /* JSON, once the store asked for it */
};

/* Unpacks and fills the row but project and body. As report_unpack fails. */
MUST_CHECK int intake_open(const struct collector *collector,
                           struct span packed, struct intake *ret_intake);

/*
 * Makes the row's stack, when its project is known. The stack points to intake,
 * which must stay where it is. names_to_come: somebody will look up names.
 */
void intake_sign(struct intake *intake, bool names_to_come);
void intake_close(struct intake *intake);

#endif
