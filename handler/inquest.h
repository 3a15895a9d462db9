/*
 * inquest: what a program can tell its crash reporter.
 *
 * Nothing needs to be linked: every call is a weak symbol that the preloaded
 * libinquest.so provides. Without it (the program runs unwatched) a call does
 * nothing and returns INQUEST_UNWATCHED. Build as position independent code,
 * the default on Debian: a fixed-position program resolves weak symbols at
 * link time and never sees the library.
 *
 * Calls copy what they are given and never keep a pointer. Strings are UTF-8;
 * longer ones are cut at the limits below. All calls may run on any thread;
 * none may run in a signal handler. They do not allocate, and none waits for
 * a network; inquest_detection and inquest_feedback wait until their report is
 * on disk, at most 2 s, and for one of another thread before, at most 3 s.
 *
 * Results: 0, INQUEST_UNWATCHED, INQUEST_REFUSED (consent or configuration
 * does not allow it), INQUEST_FULL (no slot left; no report could be made now),
 * INQUEST_INVALID.
 * Context: any thread of a host.
 */
#ifndef INQUEST_H
#define INQUEST_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INQUEST_UNWATCHED (-1)
#define INQUEST_REFUSED   (-2)
#define INQUEST_FULL      (-3)
#define INQUEST_INVALID   (-4)

#define INQUEST_NAME_MAX 47 /* bytes of an action's name */
#define INQUEST_ATTRIBUTES_MAX                                           \
    192                       /* bytes of its keys and values, with NULs \
                               */
#define INQUEST_KEY_MAX   55  /* bytes of an annotation's key */
#define INQUEST_VALUE_MAX 191 /* bytes of its value */

enum inquest_account {
    INQUEST_DEVICE_ID,
    INQUEST_USER_ID,
    INQUEST_TENANT_ID,
    INQUEST_ORGANIZATION_ID,
    INQUEST_USER_PRINCIPAL_NAME
};

enum inquest_feedback_type { INQUEST_SMILE = 1, INQUEST_FROWN, INQUEST_IDEA };

#ifndef INQUEST_API
#define INQUEST_API __attribute__((weak))
#endif

/* The provided symbols. Programs call the functions below instead. */
INQUEST_API int inquest_v1_app(const char *name, const char *version);
INQUEST_API int inquest_v1_action(const char *name, const char *const *pairs,
                                  size_t pair_count);
INQUEST_API int inquest_v1_annotate(const char *key, const char *value);
INQUEST_API int inquest_v1_account(int which, const char *value);
INQUEST_API int inquest_v1_feature(const char *name, const char *state);
INQUEST_API int inquest_v1_detection(const char *domain,
                                     const char *ip_address);
INQUEST_API int inquest_v1_feedback(int type, const char *comment,
                                    const char *email);

/* Whether the library is there. */
static inline int inquest_watched(void)
{
    return inquest_v1_action != NULL;
}

/* Name and version of the program, as reports shall call it. */
static inline int inquest_app(const char *name, const char *version)
{
    return inquest_v1_app ? inquest_v1_app(name, version) : INQUEST_UNWATCHED;
}

/*
 * Notes an action: the last 64 are in a report. pairs[2 * pair_count] are
 * keys and values in turn; NULL with 0.
 */
static inline int inquest_action(const char *name, const char *const *pairs,
                                 size_t pair_count)
{
    return inquest_v1_action ? inquest_v1_action(name, pairs, pair_count)
                             : INQUEST_UNWATCHED;
}

/* Sets a value that every later report shows; NULL removes it. 32 keys. */
static inline int inquest_annotate(const char *key, const char *value)
{
    return inquest_v1_annotate ? inquest_v1_annotate(key, value)
                               : INQUEST_UNWATCHED;
}

/* Sets an account identifier; NULL removes it. */
static inline int inquest_account(enum inquest_account which, const char *value)
{
    return inquest_v1_account ? inquest_v1_account((int)which, value)
                              : INQUEST_UNWATCHED;
}

/* State of a feature (class OPTIONAL: refused until the user opted in). */
static inline int inquest_feature(const char *name, const char *state)
{
    return inquest_v1_feature ? inquest_v1_feature(name, state)
                              : INQUEST_UNWATCHED;
}

/*
 * Reports a malicious connection or page (class DETECTION). Either may be
 * NULL, not both.
 */
static inline int inquest_detection(const char *domain, const char *ip_address)
{
    return inquest_v1_detection ? inquest_v1_detection(domain, ip_address)
                                : INQUEST_UNWATCHED;
}

/* Reports what a person typed; email may be NULL. */
static inline int inquest_feedback(enum inquest_feedback_type type,
                                   const char *comment, const char *email)
{
    return inquest_v1_feedback ? inquest_v1_feedback((int)type, comment, email)
                               : INQUEST_UNWATCHED;
}

#ifdef __cplusplus
}
#endif

#endif
