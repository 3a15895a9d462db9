/* One processor while the dumper starts. Context: crash. */
#include "handler/crash/crash_cpu.h"

#include <stddef.h>

#include "handler/one_cpu.h"

/* Not on the stack, which may be a small one of the program's. */
static struct one_cpu place;
static char text[CPU_MASK_TEXT_BYTES];

const char *crash_cpu_hold(void)
{
    one_cpu_hold(&place);
    if (!place.held)
        return NULL;
    cpu_mask_text(&place.before, text);
    return text;
}

void crash_cpu_release(void)
{
    one_cpu_release(&place);
    place.held = false;
}
