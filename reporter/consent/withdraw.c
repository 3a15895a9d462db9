/* Denying everything. Context: tool. */
#include "reporter/consent/withdraw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/data_class.h"
#include "proto/keyfile.h"
#include "proto/lock.h"
#include "proto/state_open.h"
#include "reporter/app/device.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/rewrite.h"
#include "reporter/state_file.h"

#define LOCK_FILE "consent.lock"

/* Of a file of its own: the consent file is another after each change. */
static int take_lock(int state_fd, int *ret_lock)
{
    OWNED_FD fd = state_open(state_fd, LOCK_FILE, O_RDWR | O_CREAT);

    if (fd < 0)
        return fd;
    int r = lock_take(fd, LOCK_WAIT_MS);
    if (r == 0)
        *ret_lock = fd_take(&fd);
    return r;
}

int consent_begin(struct home *home, int *ret_lock)
{
    int r = take_lock(home->state_fd, ret_lock);

    (void)home_refresh(home); /* whatever it says, it is what counts */
    return r;
}

void consent_apply(struct home *home, const struct consent_wish *wish)
{
    static const struct consent_report now = {.epoch = UINT64_MAX};
    struct consent_layers layers = home_layers(home);
    struct consent_word *word = &home->consent.words[wish->class];
    bool allowed_before =
        consent_allows(wish->class, &layers, &now) ||
        word->state == CONSENT_GRANTED ||
        (word->state == CONSENT_UNSET && wish->class != CLASS_OPTIONAL);
    uint64_t since = word->since_epoch;

    /* A grant of what was allowed already takes nothing away. */
    if (!allowed_before)
        since = home->consent.epoch;
    *word = (struct consent_word){
        .state = wish->state,
        .time_unix_ms = clock_unix_ms(),
        .notice = data_notices[wish->class],
        .since_epoch = since,
    };
    snprintf(word->actor, sizeof word->actor, "uid:%u", (unsigned)getuid());
    snprintf(word->way, sizeof word->way, "%s", wish->way);
}

/* What was marked meanwhile is told as it is read. */
static void tell_as_read(struct home *home)
{
    (void)home_refresh(home);
    home_tell_programs(home);
}

int consent_store(struct home *home)
{
    int r = consent_file_write(home->state_fd, &home->consent);

    if (r == 0)
        tell_as_read(home);
    return r;
}

int consent_store_denial(struct home *home, uint32_t classes, int lock)
{
    int r =
        consent_file_deny(home->state_fd, &home->consent, classes, lock >= 0);

    tell_as_read(home);
    return r;
}

static int deny_all(struct home *home)
{
    OWNED_FD lock = -1;

    DROP(consent_begin(home, &lock)); /* a denial waits for nobody longer */
    home->consent.epoch++;
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        struct consent_wish wish = {(enum data_class) class, CONSENT_DENIED,
                                    "withdrawal"};
        consent_apply(home, &wish);
    }
    return consent_store_denial(home, CLASS_ALL, lock);
}

int withdraw(struct home *home, bool local_only, unsigned *ret_rewritten)
{
    char id[INSTALLATION_ID_BYTES];

    *ret_rewritten = 0;
    int r = deny_all(home);
    if (r < 0)
        return r;
    /* Who keeps the log from us keeps no data here by it. */
    int noted = audit_append(home->state_fd, "withdrawal", "all classes");
    r = device_renew(home, !local_only, id);
    if (r == 0 && noted == 0 && !local_only) {
        noted = audit_append(home->state_fd, "deletion",
                             "asked for all that was sent");
    }
    if (r == 0)
        r = rewrite_all(home, CLASS_BIT(CLASS_REQUIRED), id, ret_rewritten);
    return r < 0 ? r : noted;
}
