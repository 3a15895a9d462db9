/* One processor. Context: any. */
#include "handler/one_cpu.h"

#include <sched.h>
#include <sys/prctl.h>

#include "proto/base/sys.h"

void one_cpu_hold(struct one_cpu *ret_place)
{
    struct cpu_mask here;

    ret_place->held = sys_call1(SYS_prctl, PR_GET_SECCOMP) == 0 &&
                      sys_call1(SYS_sched_getscheduler, 0) == SCHED_OTHER &&
                      cpu_mask_get(&ret_place->before) == 0 &&
                      cpu_mask_here(&here) == 0 && cpu_mask_use(&here) == 0;
}

void one_cpu_release(const struct one_cpu *place)
{
    if (place->held)
        DROP(cpu_mask_use(&place->before)); /* they may all be gone */
}
