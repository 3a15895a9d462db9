/* The line of the users in /proc/PID/status. Context: guest. */
#include "handler/sampler/kept_root.h"

#include <stdint.h>
#include <string.h>

#include "proto/base/fmt.h"

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
