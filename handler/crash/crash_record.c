/*
 * The crash record. Foreign memory (stack, abort message) is read through
 * process_vm_readv on ourselves, which fails where a load would fault; under a
 * filter, which may kill for that, it is loaded where the kernel can read it.
 * Context: crash.
 */
#include "handler/crash/crash_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>

#include "handler/guest.h"
#include "handler/own_memory.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"

#define RED_ZONE_BYTES 128 /* below the stack pointer, psABI 3.2.2 */

/*
 * Filters of systemd kill for process_vm_readv (~@ipc). What the program's own
 * filter would do is known of few calls: prctl may be one that kills.
 */
static bool is_filtered(void)
{
    return guest.sandboxed || sys_call1(SYS_prctl, PR_GET_SECCOMP) != 0;
}

/* Of one page. */
static size_t load_own(uint64_t address, void *buffer, size_t size_bytes)
{
    if (!own_memory_is_readable((const void *)address, size_bytes))
        return 0;
    memcpy(buffer, (const void *)address, size_bytes);
    return size_bytes;
}

/* Copies a part of one page; returns how many bytes: none where there is no
 * such page. */
static size_t read_own(uint64_t address, void *buffer, size_t size_bytes)
{
    if (is_filtered())
        return load_own(address, buffer, size_bytes);
    struct iovec local = {.iov_base = buffer, .iov_len = size_bytes};
    struct iovec remote = {.iov_base = (void *)address, .iov_len = size_bytes};
    /* By tid: a main thread that ended has no memory any more. */
    long n = sys_call6(SYS_process_vm_readv, sys_gettid(), (long)&local, 1,
                       (long)&remote, 1, 0);

    return n > 0 ? (size_t)n : 0;
}

/* Page by page, so that an unmapped page ends the copy and does not void it. */
static size_t read_own_pages(uint64_t address, uint8_t *buffer,
                             size_t size_bytes)
{
    size_t done = 0;

    while (done < size_bytes) {
        uint64_t at = address + done;
        size_t part = BOX_PAGE_BYTES - at % BOX_PAGE_BYTES;
        if (part > size_bytes - done)
            part = size_bytes - done;
        size_t n = read_own(at, buffer + done, part);
        done += n;
        if (n < part)
            break;
    }
    return done;
}

/* Raised by the process, perhaps where the kernel had no room to say so
 * (collect_signal in kernel/signal.c). */
static bool is_raised(const siginfo_t *info)
{
    if (info->si_code == SI_USER && info->si_pid == 0)
        return info->si_uid == 0;
    return info->si_code == SI_TKILL && info->si_pid == sys_getpid();
}

/* A newer text never lies where the last one does: glibc unmaps that behind. */
uint64_t crash_record_abort_message(const struct crash_event *event)
{
    static uint64_t last;
    uint64_t message = 0;

    if (event->signal_number != SIGABRT || !guest.abort_message_address ||
        read_own(guest.abort_message_address, &message, sizeof message) !=
            sizeof message ||
        __atomic_exchange_n(&last, message, __ATOMIC_RELAXED) == message)
        return 0;
    return event->info && is_raised(event->info) ? message : 0;
}

/* glibc: struct abort_msg_s { unsigned int size; char msg[]; } *__abort_msg */
static void copy_abort_message(struct box_crash *crash, uint64_t message)
{
    crash->abort_message_address = guest.abort_message_address;
    memset(crash->abort_message, 0, sizeof crash->abort_message);
    if (message == 0)
        return;
    (void)read_own_pages(message + sizeof(unsigned int),
                         (uint8_t *)crash->abort_message,
                         sizeof crash->abort_message - 1);
    size_t size =
        strnlen(crash->abort_message, sizeof crash->abort_message - 1);
    memset(crash->abort_message + size, 0, sizeof crash->abort_message - size);
}

/* The first word of glibc's thread control block is its own address (psABI,
 * thread-local storage, variant II). */
static uint64_t thread_pointer(void)
{
    uint64_t self;

    __asm__("mov %%fs:0, %0" : "=r"(self));
    return self;
}

void crash_record_fill(struct box *box, const struct crash_event *event)
{
    struct box_crash *crash = &box->crash;

    box_unseal(crash);
    crash->pid = sys_getpid();
    crash->tid = sys_gettid();
    crash->time_unix_ms = sys_unix_ms();
    crash->time_boot_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
    crash->siginfo_valid = event->info != NULL;
    if (event->info)
        memcpy(crash->siginfo, event->info, sizeof crash->siginfo);
    static_assert(sizeof crash->gregs == sizeof(gregset_t), "same registers");
    memcpy(crash->gregs, event->context->uc_mcontext.gregs,
           sizeof crash->gregs);
    memcpy(&crash->signal_mask, &event->context->uc_sigmask,
           sizeof crash->signal_mask);
    crash->nested_signal = (uint32_t)event->nested_signal;
    crash->nested_pc = event->nested_pc;
    crash->phase = box->control.phase;
    crash->sampler_tid = __atomic_load_n(&guest.sampler_tid, __ATOMIC_RELAXED);
    (void)sys_call2(SYS_prctl, PR_GET_NAME, (long)crash->thread_name);
    copy_abort_message(crash, event->abort_message);
    crash->thread_pointer = thread_pointer();
    __atomic_store_n(&box->control.crashed, 1, __ATOMIC_RELEASE);
    box_seal(crash, sizeof *crash, 1);
}

void crash_record_also(struct box *box, int tid)
{
    uint32_t index = __atomic_fetch_add(&box->control.also_crashing_count, 1,
                                        __ATOMIC_RELAXED);
    if (index < BOX_ALSO_CRASHING)
        box->control.also_crashing[index] = tid;
}

static uint32_t copy_maps(char *maps, size_t capacity)
{
    size_t size = 0;
    OWNED_FD fd =
        sys_openat(AT_FDCWD, "/proc/thread-self/maps", O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0)
        DROP(io_read_all(fd, maps, capacity, &size)); /* cut: what fits */
    return (uint32_t)size;
}

/* Of the maps in the box, copied when /proc could still be read. */
static uint32_t kept_maps_bytes;

void crash_record_keep_maps(struct box *box)
{
    kept_maps_bytes = copy_maps(box->maps, sizeof box->maps);
}

struct evidence {
    uint64_t stack_address;
    uint32_t stack_bytes;
    uint32_t maps_bytes;
};

static void copy_evidence(struct box *box, const struct crash_event *event,
                          struct evidence *ret_evidence)
{
    uint64_t stack_pointer =
        (uint64_t)event->context->uc_mcontext.gregs[REG_RSP];

    ret_evidence->maps_bytes = copy_maps(box->maps, sizeof box->maps);
    if (ret_evidence->maps_bytes == 0)
        ret_evidence->maps_bytes = kept_maps_bytes;
    if (!guest.prctl_undumpable) {
        ret_evidence->stack_address = stack_pointer - RED_ZONE_BYTES;
        ret_evidence->stack_bytes = (uint32_t)read_own_pages(
            ret_evidence->stack_address, box->stack, sizeof box->stack);
    }
}

void crash_record_evidence(struct box_file *file,
                           const struct crash_event *event,
                           enum box_tier_reason reason, int error)
{
    struct box_crash *crash = &file->box->crash;
    struct evidence evidence = {0};

    if (guest_reserve_box(file)) /* on a full disk: registers alone */
        copy_evidence(file->box, event, &evidence);
    /* Not before: who is killed while that is copied leaves the record. */
    box_unseal(crash);
    crash->tier_reason = reason;
    crash->tier_errno = error;
    crash->stack_address = evidence.stack_address;
    crash->stack_bytes = evidence.stack_bytes;
    crash->maps_bytes = evidence.maps_bytes;
    box_seal(crash, sizeof *crash, 1);
}
