/*
 * Redaction: what names a person or a machine inside free text. Home
 * directories become ~, the user's and the host's name <user> and <host>,
 * e-mail addresses <email>. Texts that the schema calls known_text leave only
 * as far as known_text.h allows. Context: tool.
 */
#ifndef INQUEST_REPORTER_REDACT_H
#define INQUEST_REPORTER_REDACT_H

#include <sys/types.h>

#include "proto/base/compiler.h"
#include "proto/report_codec.h"
#include "reporter/home.h"

#define REDACT_NAME_BYTES 256
#define REDACT_NAME_MIN   3 /* shorter names are words like any other */

/* Whom and what not to name; "" where not known. */
struct redact {
    char home[REDACT_NAME_BYTES]; /* without a slash at its end */
    char user[REDACT_NAME_BYTES];
    char host[REDACT_NAME_BYTES]; /* without the domain */
    char full_host[REDACT_NAME_BYTES];
    const char *known_words; /* of the administrator; NULL: none. Borrowed */
};

/* From the user database, HOME, and the kernel, for the user uid. */
void redact_init(uid_t uid, struct redact *ret_redact);

/* For the owner of the state directory, with the words of configuration. */
void redact_init_home(const struct home *home, struct redact *ret_redact);

/*
 * 1: *ret_text is the text without them, from malloc; 0: there is nothing to
 * change. Fails with -ENOMEM: the text may not leave then.
 */
MUST_CHECK int redact_text(const struct redact *redact, const char *text,
                           char **ret_text);

/* All free text of a report. */
void redact_report(const struct redact *redact, Inquest__V1__Report *report);

#endif
