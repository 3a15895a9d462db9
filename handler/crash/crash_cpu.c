/* One processor while the dumper starts. Context: crash. */
#include "handler/crash/crash_cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "proto/base/cpu_mask.h"
#include "proto/base/sys.h"

/* Not on the stack, which may be a small one of the program's. */
static struct cpu_mask before;
static struct cpu_mask here;
static bool held;
static char text[CPU_MASK_TEXT_BYTES];

const char *crash_cpu_hold(void)
{
    held = sys_call1(SYS_prctl, PR_GET_SECCOMP) == 0 &&
           cpu_mask_get(&before) == 0 && cpu_mask_here(&here) == 0 &&
           cpu_mask_use(&here) == 0;
    if (!held)
        return NULL;
    cpu_mask_text(&before, text);
    return text;
}

void crash_cpu_release(void)
{
    if (held)
        DROP(cpu_mask_use(&before)); /* a processor may be gone: it dies soon */
    held = false;
}
