/*
 * Who sends: what configuration adds to a report (account identifiers and
 * features of the administrator), and by what the machine is known: the random
 * installation id, or the MAC address where it was chosen. After a withdrawal
 * the address is never used again: it cannot be replaced, so it would tie what
 * comes to what was deleted. Context: tool.
 */
#ifndef INQUEST_REPORTER_DEVICE_H
#define INQUEST_REPORTER_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/report_codec.h"
#include "reporter/home.h"

#define DEVICE_ADDRESS_BYTES 18              /* "02:42:ac:11:00:02" */
#define DEVICE_MAC_WITHDRAWN "mac-withdrawn" /* a file of STATE */

/*
 * Fills what the program itself did not say; features only when OPTIONAL is
 * in classes. A report that still holds an id from before a withdrawal gets
 * the one of now. Fails with -ENOMEM, or when that id cannot be had: the report
 * may then still hold the old one, and must not leave.
 */
MUST_CHECK int device_fill(const struct home *home, uint32_t classes,
                           Inquest__V1__Report *report);

/*
 * Draws a new installation id and gives up the MAC address. With ask_deletion
 * the old ones are first remembered as a deletion request.
 */
MUST_CHECK int device_renew(const struct home *home, bool ask_deletion,
                            char ret_id[INSTALLATION_ID_BYTES]);

/* The MAC address of the adapter with the default route. -ERR_NOT_FOUND. */
MUST_CHECK int device_mac_address(char ret_address[DEVICE_ADDRESS_BYTES]);

#endif
