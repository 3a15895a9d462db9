/*
 * What an answer means for the report: DESIGN section 8 as a pure function.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_UPLOAD_VERDICT_H
#define INQUEST_REPORTER_UPLOAD_VERDICT_H

enum upload_verdict {
    UPLOAD_ACCEPTED, /* 200, 202: to sent/ */
    UPLOAD_REJECTED, /* 400, 413, 415, 422: to bad/ */
    UPLOAD_RETRY,    /* 0 (network), 408, 429, 5xx: keep, try again */
    UPLOAD_STOP,     /* all else: keep, stop, say so */
};

enum upload_verdict upload_verdict(long status);

#endif
