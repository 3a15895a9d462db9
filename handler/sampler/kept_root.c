/* The line of the users in /proc/PID/status. Context: guest. */
#include "handler/sampler/kept_root.h"

#include <stdint.h>
#include <string.h>

#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define KEY   "\nUid:"
#define USERS 3 /* real, effective, saved; the file system's follows */

/* Whether none of them is root; false where the text does not say. */
static bool is_given_up(const char *status, size_t size)
{
    const char *end = status + size;
    const char *at = memmem(status, size, KEY, strlen(KEY));

    if (!at)
        return false;
    at += strlen(KEY);
    for (int i = 0; i < USERS; i++) {
        uint64_t user = 0;
        if (at == end || *at++ != '\t' ||
            fmt_parse_u64(&at, end, 10, &user) != 0 || user == 0)
            return false;
    }
    return true;
}

bool kept_root_is(const char *status, size_t size, const uid_t ours[3])
{
    return (ours[0] == 0 || ours[1] == 0 || ours[2] == 0) &&
           is_given_up(status, size);
}

struct kept_identity kept_identity_now(void)
{
    struct kept_identity now = {0};

    (void)sys_call3(SYS_getresuid, (long)&now.users[0], (long)&now.users[1],
                    (long)&now.users[2]);
    (void)sys_call3(SYS_getresgid, (long)&now.groups[0], (long)&now.groups[1],
                    (long)&now.groups[2]);
    return now;
}

bool kept_identity_is_now(const struct kept_identity *before)
{
    struct kept_identity now = kept_identity_now();

    return memcmp(before, &now, sizeof now) == 0;
}
