/*
 * Withdrawal of all consent, in the order that leaves nothing open when it is
 * cut short: the denial durably, what lies here rewritten, a deletion request
 * for what was sent, a new installation id. Context: tool.
 */
#ifndef INQUEST_REPORTER_WITHDRAW_H
#define INQUEST_REPORTER_WITHDRAW_H

#include <stdbool.h>

#include "proto/base/compiler.h"
#include "reporter/home.h"

/*
 * The last word of the person who runs the command, on one class. The caller
 * raises the epoch and stores it.
 */
struct consent_wish {
    enum data_class class;
    enum consent_state state;
    const char *way; /* "command", "withdrawal" */
};
void consent_apply(struct home *home, const struct consent_wish *wish);

/*
 * Begins a change: others are kept out until *ret_lock is closed, and policy
 * and consent are read again, so that no word is lost that was said since.
 * Waits LOCK_WAIT_MS at most. Fails with -ERR_HELD, or with what the disk
 * says; they are read again all the same, for a denial needs nobody's leave.
 */
MUST_CHECK int consent_begin(struct home *home, int *ret_lock);

/* The consent file, durably, then the page that running programs see: whether
 * that could be written is page_error, and no failure. */
MUST_CHECK int consent_store(struct home *home);

/* The same for a denial of these CLASS_BIT()s, by consent_file_deny. lock: of
 * consent_begin, -1 where that failed. */
MUST_CHECK int consent_store_denial(struct home *home, uint32_t classes,
                                    int lock);

/*
 * Denies every class and makes it true. With local_only nothing is asked of
 * the collector. Writes how many reports were rewritten. When it fails the
 * denial may stand already: the same again goes on.
 */
MUST_CHECK int withdraw(struct home *home, bool local_only,
                        unsigned *ret_rewritten);

#endif
