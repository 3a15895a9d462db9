/*
 * The coordinator of the crash path: a list of calls. Context: crash.
 */
#include "handler/crash/crash_handler.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "handler/crash/crash_chain.h"
#include "handler/crash/crash_die.h"
#include "handler/crash/crash_dump.h"
#include "handler/crash/crash_handling.h"
#include "handler/crash/crash_record.h"
#include "handler/crash/held_back.h"
#include "handler/crash/host_mask.h"
#include "handler/crash/libc_abort.h"
#include "handler/crash/signal_frame.h"
#include "handler/guest.h"
#include "handler/own_memory.h"
#include "proto/base/sys.h"

#define DUMP_STACK_BYTES (4u << 10)   /* 3 KiB were used */
#define ALIGNMENT_CHECK  (1ull << 18) /* in EFLAGS: Intel SDM volume 1 */

const int crash_signals[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                             SIGTRAP, SIGABRT, SIGSYS, 0};

/*
 * Who is crashing: pid << 32 | tid, 0 nobody. A pid that is not ours is left
 * from a vfork child that shared our memory and died: it does not count.
 */
static uint64_t winner;

/* The pid whose winner is done: its others may die. As with the winner, another
 * pid does not count. A futex. */
static uint32_t finished;

/* What the winner dies by. 0: it ends by itself. */
static int first_signal;

bool crash_signal_is_ours(int signal_number)
{
    for (const int *at = crash_signals; *at; at++) {
        if (*at == signal_number)
            return true;
    }
    return false;
}

enum election { WON, LOST, RECRASH };

static enum election elect(void)
{
    uint64_t pid = (uint32_t)sys_getpid();
    uint64_t self = pid << 32 | (uint32_t)sys_gettid();
    uint64_t current = __atomic_load_n(&winner, __ATOMIC_ACQUIRE);

    for (;;) {
        if (current == self)
            return RECRASH;
        if (current >> 32 == pid)
            return LOST;
        if (__atomic_compare_exchange_n(&winner, &current, self, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return WON;
    }
}

static uintptr_t stack_of(const struct crash_event *event)
{
    return (uintptr_t)event->context->uc_mcontext.gregs[REG_RSP];
}

/* Waits until the winner is done, at most the deadline. */
static void wait_for_winner(void)
{
    struct timespec until = {0};
    uint32_t self = (uint32_t)sys_getpid();

    (void)sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&until);
    until.tv_sec += CRASH_DEADLINE_MS / 1000 + 1;
    for (;;) {
        uint32_t seen = __atomic_load_n(&finished, __ATOMIC_ACQUIRE);
        if (seen == self)
            return;
        long r = sys_call6(SYS_futex, (long)&finished,
                           FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, seen,
                           (long)&until, 0, (long)FUTEX_BITSET_MATCH_ANY);
        if (r == -ETIMEDOUT)
            return;
    }
}

static void let_others_die(void)
{
    __atomic_store_n(&finished, (uint32_t)sys_getpid(), __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)&finished, FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
                    INT32_MAX);
}

/* The box of the crashing process: a vfork child gets one on its own stack. */
static struct box_file *crash_box(struct box_file *own)
{
    if (guest_box_is_ours())
        return &guest.file;
    if (guest.sandboxed) /* its filter might kill at one of many calls */
        return NULL;
    if (box_file_open(&guest.config, false, &guest.spare, own) < 0)
        return NULL;
    own->box->control.phase = guest.phase;
    return own;
}

static void dump(struct box_file *file, const struct crash_event *event)
{
    crash_record_fill(file->box, event);
    file->box->crash.abort_message_address = guest.abort_message_address;
    struct crash_dump_result result = crash_dump(file);
    if (result.state == BOX_DUMP_FAILED)
        crash_record_evidence(file, event, result.reason, result.error);
}

/* At most once: it may be the box that is damaged. */
static void record_recrash(const struct crash_event *event)
{
    static bool tried;

    if (tried)
        return;
    tried = true;
    if (guest_box_is_ours() && !guest.file.box->control.crashed) {
        crash_record_fill(guest.file.box, event);
        crash_record_evidence(&guest.file, event, BOX_REASON_RECRASH, 0);
    }
}

/* Inside the program's own handler of another signal it is that one that we
 * tell of: whether it is, and what is told. */
static bool is_inside(const struct crash_event *event,
                      struct crash_event *ret_told)
{
    bool inside = crash_handling_now(stack_of(event), ret_told) &&
                  ret_told->info != event->info;

    if (!inside) {
        *ret_told = *event;
        return false;
    }
    ret_told->nested_signal = event->signal_number;
    ret_told->nested_pc = (uint64_t)event->context->uc_mcontext.gregs[REG_RIP];
    return true;
}

/*
 * Whether a handler of the program's that runs has it blocked. What the kernel
 * has blocked, too, comes here only after somebody unblocked it: SIGABRT, by an
 * inner call of libc's abort.
 */
static bool handler_blocks(const struct crash_event *event)
{
    return (host_mask_faults() >> (event->signal_number - 1) & 1) &&
           crash_handling_blocks(stack_of(event), event->signal_number);
}

/*
 * Whether it comes when a handler has returned: by a handler of its own, or by
 * the default that was set meanwhile. Apart, for the stack may be a small one
 * of the program's.
 */
static __attribute__((noinline)) bool
waits_for_handler(const struct crash_event *event)
{
    return handler_blocks(event) ||
           held_back_now(event->signal_number, event->context);
}

/*
 * To whom it was sent. The kernel refuses to a thread other than the first what
 * looks like a kill (SI_USER) of the whole process: as SI_QUEUE it goes, and
 * the sender stays the same.
 */
static void send_again(const struct crash_event *event)
{
    siginfo_t *info = event->info;

    if (info->si_code == SI_TKILL) {
        (void)sys_call4(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(),
                        event->signal_number, (long)info);
    } else if (sys_call3(SYS_rt_sigqueueinfo, sys_getpid(),
                         event->signal_number, (long)info) == -EPERM) {
        info->si_code = SI_QUEUE;
        (void)sys_call3(SYS_rt_sigqueueinfo, sys_getpid(), event->signal_number,
                        (long)info);
    }
}

/* A signal that somebody sent, and that this thread believes it has blocked:
 * the kernel has it unblocked for the sake of faults. */
static bool is_blocked(const struct crash_event *event)
{
    uint64_t bit = 1ull << (event->signal_number - 1);
    uint64_t mask = host_mask_bits(&event->context->uc_sigmask);

    return event->info && event->info->si_code <= 0 &&
           ((host_mask_believed_under(mask) & bit) || waits_for_handler(event));
}

/* Blocked for good and sent again, so that sigwait and signalfd find it. */
static void put_back(const struct crash_event *event)
{
    uint64_t bit = 1ull << (event->signal_number - 1);
    uint64_t mask = host_mask_bits(&event->context->uc_sigmask);

    crash_handling_put_back(event, stack_of(event));
    mask |= bit;
    memcpy(&event->context->uc_sigmask, &mask, sizeof mask);
    (void)sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&bit, 0, sizeof bit);
    send_again(event);
}

/*
 * As pid 1 of a namespace nothing that is sent kills by its default. But for
 * SIGABRT, which abort() raises before it makes an end of its own.
 */
static bool ignored_as_init(const struct crash_event *event)
{
    return event->info && event->info->si_code <= 0 &&
           event->signal_number != SIGABRT && sys_getpid() == 1;
}

/*
 * The death is to be by this signal, though another one is at hand. As pid 1
 * of a namespace only a fault kills: that one then.
 */
static void die_by(struct crash_event *event, int signal_number)
{
    if (signal_number != 0 && signal_number != event->signal_number &&
        sys_getpid() != 1) {
        *event =
            (struct crash_event){signal_number, NULL, event->context, 0, 0, 0};
    }
}

static void first_crash(const struct crash_event *event, int dies_by)
{
    struct box_file own;
    struct box_file *file = crash_box(&own);

    first_signal = dies_by;
    guest_dismiss_sampler();
    if (file)
        dump(file, event);
    let_others_die();
}

/* Another thread is crashing, and its dump ends with the process. */
static void second_crash(void)
{
    if (guest_box_is_ours())
        crash_record_also(guest.file.box, sys_gettid());
    wait_for_winner();
}

/* It ends by its own will. */
static void crash_of_ending(const struct crash_event *event, int dies_by)
{
    switch (elect()) {
    case WON:
        first_crash(event, dies_by);
        break;
    case LOST:
        second_crash();
        break;
    case RECRASH: /* told already */
        break;
    }
}

bool crash_handler_exiting(uintptr_t stack_pointer)
{
    struct crash_event event;

    if (!crash_handling_now(stack_pointer, &event))
        return false;
    crash_of_ending(&event, 0);
    return true;
}

void crash_handler_aborting(ucontext_t *context)
{
    siginfo_t info = {.si_signo = SIGABRT, .si_code = SI_TKILL};
    struct crash_event event = {SIGABRT, &info, context, 0, 0, 0};

    info.si_pid = sys_getpid();
    info.si_uid = (uint32_t)sys_call0(SYS_getuid);
    crash_of_ending(&event, SIGABRT);
}

/*
 * Whether a dump has room below this frame: on the program's own stack, or on
 * an alternate one that may be small.
 */
static bool has_room(const ucontext_t *context)
{
    uintptr_t here = (uintptr_t)context;
    const stack_t *stack = &context->uc_stack;
    uintptr_t below = here - (uintptr_t)stack->ss_sp;

    if (!(stack->ss_flags & SS_DISABLE) && below < stack->ss_size)
        return below >= DUMP_STACK_BYTES;
    return own_memory_is_writable((void *)(here - DUMP_STACK_BYTES));
}

void crash_handler_returned(ucontext_t *context)
{
    const struct crash_event *handed =
        crash_handling_of(&signal_frame_of(context)->info);
    struct crash_event told;

    if (!handed || !has_room(context))
        return;
    (void)is_inside(handed, &told);
    crash_of_ending(&told, 0);
}

/*
 * A program may ask for SIGBUS on misaligned accesses, by a flag that the
 * kernel leaves set for handlers. Ours is compiled as everything is: it would
 * fault in turn.
 */
static void allow_misaligned(void)
{
    unsigned long long flags = __readeflags();

    if (flags & ALIGNMENT_CHECK)
        __writeeflags(flags & ~ALIGNMENT_CHECK);
}

/* Aligned by itself: QEMU's frame of a signal is 8 bytes off. */
__attribute__((force_align_arg_pointer)) void
crash_handler(int signal_number, siginfo_t *info, void *context)
{
    allow_misaligned();
    int saved_errno = errno;
    struct crash_event event = {signal_number, info, context, 0, 0, 0};

    bool blocked = is_blocked(&event);
    if (blocked && !libc_abort_raised(&event)) {
        put_back(&event);
        errno = saved_errno;
        return;
    }
    event.abort_message = crash_record_abort_message(&event);
    struct crash_event told;
    bool inside = is_inside(&event, &told);
    /* Where libc's abort leaves it blocked no handler of it runs. */
    bool heard = blocked || handler_blocks(&event) || crash_chain(&event);
    if (ignored_as_init(&event)) {
        errno = saved_errno;
        return;
    }
    siginfo_t *first = inside ? NULL : crash_handling_first(&event);
    if (first)
        told.info = first;
    if (!heard)
        die_by(&event, SIGSEGV);
    switch (elect()) {
    case WON:
        first_crash(&told, event.signal_number);
        break;
    case LOST:
        second_crash();
        break;
    case RECRASH:
        record_recrash(&event);
        let_others_die();
        die_by(&event, first_signal);
        break;
    }
    crash_die(&event);
    errno = saved_errno;
}
