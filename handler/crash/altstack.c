/* Alternate signal stacks. Context: guest. */
#include "handler/crash/altstack.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "handler/own_memory.h"
#include "proto/base/sys.h"

#define HANDLER_BYTES   (32u << 10) /* what our handler may use */
#define MINIMUM_DEFAULT 2048u       /* MINSIGSTKSZ, for kernels before 5.14 */
#define GUARD_BYTES     4096u

/* Of the calling thread; NULL: not ours. Initial-exec, so always there. */
static _Thread_local uint8_t *own_stack;

/* The program gave its own up, and believes that it has none. */
static _Thread_local bool given_up;

static size_t stack_bytes(void)
{
    unsigned long minimum = getauxval(AT_MINSIGSTKSZ);

    if (minimum < MINIMUM_DEFAULT)
        minimum = MINIMUM_DEFAULT;
    return (minimum + HANDLER_BYTES + GUARD_BYTES - 1) & ~(GUARD_BYTES - 1ul);
}

bool altstack_install(void)
{
    stack_t current = {0};
    size_t size = stack_bytes();

    if (sys_call2(SYS_sigaltstack, 0, (long)&current) < 0)
        return false;
    if (!(current.ss_flags & SS_DISABLE) && current.ss_size >= size)
        return false;
    long at =
        sys_call6(SYS_mmap, 0, (long)(size + GUARD_BYTES),
                  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0 && at > -4096)
        return false;
    (void)sys_call3(SYS_mprotect, at, GUARD_BYTES, PROT_NONE); /* best effort */
    stack_t ours = {.ss_sp = (void *)(at + GUARD_BYTES), .ss_size = size};
    if (sys_call2(SYS_sigaltstack, (long)&ours, 0) < 0) {
        (void)sys_call2(SYS_munmap, at, (long)(size + GUARD_BYTES));
        return false;
    }
    own_stack = (uint8_t *)at;
    return true;
}

static bool is_ours(const stack_t *stack)
{
    return own_stack && stack->ss_sp == own_stack + GUARD_BYTES;
}

/* Puts ours back, or one of ours where there never was. */
static void replace(void)
{
    stack_t ours = {.ss_sp = own_stack + GUARD_BYTES, .ss_size = stack_bytes()};

    if (own_stack) {
        (void)sys_call2(SYS_sigaltstack, (long)&ours, 0);
    } else {
        (void)altstack_install();
    }
}

long altstack_change(const stack_t *stack, stack_t *ret_before)
{
    static const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t before = {0};
    stack_t wish = none;

    if (stack && !own_memory_is_readable(stack, sizeof *stack))
        return -EFAULT;
    if (stack)
        wish = *stack;
    long r = sys_call2(SYS_sigaltstack, stack ? (long)&wish : 0, (long)&before);
    if (r < 0)
        return r;
    bool had_none = given_up && is_ours(&before);
    if (stack)
        given_up = (wish.ss_flags & SS_DISABLE) != 0;
    if (stack && (wish.ss_flags & SS_DISABLE))
        replace();
    if (ret_before && !own_memory_is_writable(ret_before))
        return -EFAULT;
    if (ret_before)
        *ret_before = had_none ? none : before;
    return 0;
}

void altstack_release(void)
{
    stack_t current = {0};
    size_t size = stack_bytes();

    if (!own_stack)
        return;
    if (sys_call2(SYS_sigaltstack, 0, (long)&current) == 0 &&
        is_ours(&current)) {
        stack_t none = {.ss_flags = SS_DISABLE};
        (void)sys_call2(SYS_sigaltstack, (long)&none, 0); /* then unmapped */
    }
    (void)sys_call2(SYS_munmap, (long)own_stack, (long)(size + GUARD_BYTES));
    own_stack = NULL;
}
