/* Believed masks. Context: any. */
#include "handler/crash/host_mask.h"

#include <string.h>

#define BIT(signal_number) (1ull << ((signal_number)-1))

static _Thread_local uint64_t believed;

uint64_t host_mask_faults(void)
{
    return BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) |
           BIT(SIGTRAP) | BIT(SIGSYS);
}

uint64_t host_mask_bits(const sigset_t *set)
{
    uint64_t bits;

    memcpy(&bits, set, sizeof bits);
    return bits;
}

void host_mask_from_bits(sigset_t *set, uint64_t bits)
{
    memcpy(set, &bits, sizeof bits);
}

uint64_t host_mask_believed(void)
{
    return believed;
}

void host_mask_set_believed(uint64_t bits)
{
    believed = bits;
}
