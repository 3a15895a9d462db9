/*
 * An alarm of the box as an alarm of the report: its figures, and a sentence
 * for a person. Context: tool.
 */
#ifndef INQUEST_PROTO_MEMORY_ALARM_H
#define INQUEST_PROTO_MEMORY_ALARM_H

#include "proto/box.h"
#include "proto/report_codec.h"

#define MEMORY_ALARM_BYTES 160

/*
 * alarm: a copy. Initialises *ret_alarm, which then points at detail and at
 * constants; nothing is allocated. False, and nothing written, when it is torn
 * or of no rule we know.
 */
MUST_CHECK bool memory_alarm_fill(const struct box_alarm *alarm,
                                  char detail[MEMORY_ALARM_BYTES],
                                  Inquest__V1__Alarm *ret_alarm);

#endif
