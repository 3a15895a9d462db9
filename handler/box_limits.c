/* Soft to hard, and back. Context: any. */
#include "handler/box_limits.h"

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/fd.h"
#include "proto/base/sys.h"
#include "proto/box.h"

static const struct {
    int resource;
    rlim_t needed;
} needs[BOX_LIMITS] = {
    {RLIMIT_FSIZE, sizeof(struct box)},
    {RLIMIT_NOFILE, FD_ABOVE + FD_TIGHT},
};

static bool is_same(const struct rlimit *one, const struct rlimit *other)
{
    return one->rlim_cur == other->rlim_cur && one->rlim_max == other->rlim_max;
}

void box_limits_raise(struct box_limits *ret_limits)
{
    for (size_t i = 0; i < BOX_LIMITS; i++) {
        struct rlimit *before = &ret_limits->before[i];
        struct rlimit *raised = &ret_limits->raised[i];
        *before = (struct rlimit){0, 0};
        long r =
            sys_call4(SYS_prlimit64, 0, needs[i].resource, 0, (long)before);
        *raised = *before;
        if (r < 0 || before->rlim_cur >= needs[i].needed ||
            before->rlim_cur == before->rlim_max)
            continue;
        raised->rlim_cur = before->rlim_max;
        if (sys_call4(SYS_prlimit64, 0, needs[i].resource, (long)raised, 0) < 0)
            *raised = *before;
    }
}

void box_limits_restore(const struct box_limits *limits)
{
    for (size_t i = 0; i < BOX_LIMITS; i++) {
        struct rlimit now = {0, 0};
        if (is_same(&limits->before[i], &limits->raised[i]) ||
            sys_call4(SYS_prlimit64, 0, needs[i].resource, 0, (long)&now) < 0 ||
            !is_same(&now, &limits->raised[i]))
            continue;
        /* Lowering is allowed. */
        (void)sys_call4(SYS_prlimit64, 0, needs[i].resource,
                        (long)&limits->before[i], 0);
    }
}
