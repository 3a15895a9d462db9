/*
 * What configuration adds to a report at its sending: account identifiers and
 * features of the administrator, and the MAC address in place of the random
 * id where it was chosen. Context: tool.
 */
#ifndef INQUEST_REPORTER_DEVICE_H
#define INQUEST_REPORTER_DEVICE_H

#include <stdint.h>

#include "proto/report_codec.h"
#include "reporter/home.h"

#define DEVICE_ADDRESS_BYTES 18 /* "02:42:ac:11:00:02" */

/*
 * Fills what the program itself did not say; features only when OPTIONAL is
 * in classes. Without memory the report stays as it is.
 */
void device_fill(const struct home *home, uint32_t classes,
                 Inquest__V1__Report *report);

/* The MAC address of the adapter with the default route. -ERR_NOT_FOUND. */
MUST_CHECK int device_mac_address(char ret_address[DEVICE_ADDRESS_BYTES]);

#endif
