/*
 * The box: one preallocated, shared-mapped file per process, in which the
 * handler records with plain stores. The dumper reads it at the crash; whoever
 * finds the box of a process that died without a word does the same.
 *
 * Every record starts with a struct box_seal: written last, checked by every
 * reader. A record whose seal does not match was torn (or never written): it
 * is skipped, never believed. Everything in a box is foreign input: the
 * process it belongs to may have scribbled over it. Strings are bounded by
 * their arrays and need not end with NUL.
 *
 * Times: *_boot_ns CLOCK_BOOTTIME, *_unix_ms CLOCK_REALTIME. Context: any.
 */
#ifndef INQUEST_PROTO_BOX_H
#define INQUEST_PROTO_BOX_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define BOX_MAGIC   0x31786f42716e49ULL /* "InqBox1" */
#define BOX_VERSION 5

#define BOX_PAGE_BYTES       4096
#define BOX_STACK_BYTES      (32u << 10) /* copied stack of the crashing thread */
#define BOX_MAPS_BYTES       (32u << 10) /* copied /proc/self/maps */
#define BOX_SPILL_BYTES      (24u << 10) /* a framed report that found no queue */
#define BOX_SECONDS_COUNT    600         /* 10 min at 1 s */
#define BOX_TENS_COUNT       720         /* 2 h at 10 s */
#define BOX_MINUTES_COUNT    720         /* 24 h at 2 min */
#define BOX_ACTIONS_COUNT    64
#define BOX_ANNOTATIONS_MAX  32
#define BOX_FEATURES_MAX     32
#define BOX_DETECTIONS_COUNT 8
#define BOX_ALARMS_COUNT     8
#define BOX_ALSO_CRASHING    32
#define BOX_BYTES_MAX        (288u << 10)

/* The first 8 bytes of every record. sequence 0: being written, or empty. */
struct box_seal {
    uint32_t sequence;
    uint32_t crc; /* CRC-32C of sequence and of the bytes behind the seal */
};

enum box_phase { BOX_BEFORE_MAIN = 1, BOX_RUNNING = 2, BOX_EXITING = 3 };

/* box_control.dump_state, a futex shared between host and dumper. */
enum box_dump_state {
    BOX_DUMP_NONE,
    BOX_DUMP_RUNNING,
    BOX_DUMP_QUEUED,  /* the report has its name in queue/new */
    BOX_DUMP_SPILLED, /* the report lies in box.spill */
    BOX_DUMP_FAILED,
    BOX_DUMP_COUNTED, /* the rate limit: counted, no report (rate_limit.h) */
};

/* Why no dumper made the report: the reason of tier IN_PROCESS. */
enum box_tier_reason {
    BOX_REASON_NONE,
    BOX_REASON_CLONE,    /* tier_errno: what clone said */
    BOX_REASON_EXEC,     /* tier_errno: what execveat said */
    BOX_REASON_DIED,     /* the dumper died; tier_errno: its wait status */
    BOX_REASON_DEADLINE, /* no answer within the deadline */
    BOX_REASON_RECRASH,  /* the handler itself crashed */
    BOX_REASON_DISABLED, /* switched off by configuration */
    BOX_REASON_SANDBOX,  /* the program has installed a seccomp filter */
    BOX_REASON_JAIL,     /* the program called chroot */
    BOX_REASON_DENIED,   /* the kernel did not let the dumper read it */
    BOX_REASON_PROC,     /* /proc is of another pid namespace */
    BOX_REASON_QUEUE,    /* there was no room for the report */
    BOX_REASON_BOX,      /* the box, closed, cannot be opened: tier_errno */
};

/* Where pid and the times since boot hold. */
struct box_place {
    uint64_t pid_namespace; /* inode of /proc/self/ns/pid, 0: not known */
    char boot_id[40];       /* "": not known */
};

/* Who the box belongs to: written once when it is made, sealed. */
struct box_identity {
    struct box_seal seal;
    int32_t pid;
    int32_t parent_pid;
    uint32_t uid;
    uint32_t gid;
    uint64_t start_ticks; /* field 22 of /proc/PID/stat: with pid, unique */
    uint64_t start_unix_ms;
    uint64_t start_boot_ns;
    uint64_t ring_epoch_boot_ns; /* box_sample.time_ms counts from here */
    uint64_t ring_epoch_unix_ms;
    uint64_t cgroup_namespace; /* inode; cgroup is a path of this one */
    uint64_t consent_epoch;
    uint32_t recording_classes; /* CLASS_BIT()s that may be recorded */
    uint32_t do_not_track;
    struct box_place place; /* unknown: the sampler says it (box_sampler) */
    char app[128]; /* "" unless named by --app or the API's early call */
    char app_version[64];
    char executable[512]; /* readlink /proc/self/exe; not the loader where that
                             was called as a program, but what it loaded */
    char state_dir[512];  /* where the queue is */
    char cgroup[512];     /* path in the memory hierarchy at the start; "" and
                             namespace 0 where no supervisor asks for it */
};

/* What changes while the process lives: plain atomic stores, no seal. */
struct box_control {
    uint32_t phase;      /* enum box_phase */
    uint32_t clean_exit; /* 1: it ended by exit, _exit, return of main */
    uint32_t crashed;    /* 1: the crash record is being or was written */
    uint32_t dump_state; /* enum box_dump_state; futex */
    uint32_t dumper_pid;
    uint32_t optional_off;   /* 1: a denial came while the process ran */
    uint32_t spill_bytes;    /* used of box.spill, written after the bytes */
    uint32_t wiped;          /* 1: stack bytes were overwritten */
    uint32_t supervisor_pid; /* of inquest run, 0: none */
    uint32_t live_state;     /* dump_state of a report while it lives; futex */
    uint32_t rate_limit_off; /* 1: every death makes a report */
    uint32_t cgroup_moves;   /* how often it was seen in another one */
    uint32_t has_room;       /* 1: behind the head, too (box_space.h) */
    uint8_t report_id[16];   /* of this death's report once begun; 0: none */
    uint32_t also_crashing_count;             /* may be more than fit */
    int32_t also_crashing[BOX_ALSO_CRASHING]; /* tids that waited */
};

#define BOX_GREGS 23 /* gregset_t of <sys/ucontext.h>, REG_R8 … REG_CR2 */

/* The crash, as the handler saw it. */
struct box_crash {
    struct box_seal seal;
    int32_t pid; /* the kernel's own answer, in the crashing task */
    int32_t tid;
    uint64_t time_unix_ms;
    uint64_t time_boot_ns;
    uint8_t siginfo[128];      /* siginfo_t as delivered */
    uint64_t gregs[BOX_GREGS]; /* of the interrupted context */
    uint64_t signal_mask;
    uint64_t stack_address; /* of box.stack[0] in the process */
    uint32_t stack_bytes;   /* valid in box.stack */
    uint32_t maps_bytes;    /* valid in box.maps */
    uint32_t phase;         /* enum box_phase at the crash */
    uint32_t tier_reason;   /* enum box_tier_reason */
    int32_t tier_errno;
    uint32_t siginfo_valid; /* 0: the handler was called without SA_SIGINFO */
    uint32_t nested_signal; /* the program's handler crashed by it; 0 */
    int32_t sampler_tid;    /* our thread, 0: none; never stopped */
    uint64_t nested_pc;     /* and there */
    uint64_t abort_message_address; /* of __abort_msg itself, 0: unknown */
    uint64_t thread_pointer;        /* fs base: glibc's thread control block */
    char thread_name[16];
    char abort_message[1024];
};

/* box_sample.flags */
#define BOX_SAMPLE_RESUMED                             \
    1u /* the machine slept, or the process was frozen \
        */
#define BOX_SAMPLE_STEPPED                                                  \
    2u                       /* CLOCK_REALTIME was set since the one before \
                              */
#define BOX_SAMPLE_TRACED 4u /* a debugger was attached */

/*
 * One memory sample. Pages are of 4096 bytes. 0xffffffff (0xffff) in a field:
 * not known. In tens and minutes it is the sample of the interval with the
 * largest resident set, its counts those of the whole interval.
 */
struct box_sample {
    struct box_seal seal;
    uint32_t time_ms; /* since identity.ring_epoch_boot_ns, modulo 2^32:
                         box_history.h makes it a time */
    uint32_t rss_pages;
    uint32_t anon_pages;
    uint32_t swap_pages;
    uint32_t cgroup_current_pages;
    uint32_t cgroup_limit_pages;
    uint32_t heap_live_kib;
    uint32_t heap_allocated_kib;
    uint32_t minor_faults; /* since the sample before */
    uint16_t major_faults; /* since the sample before, saturating */
    uint16_t cpu_permille; /* only when OPTIONAL is granted */
    uint16_t threads;
    uint16_t fds;
    uint16_t pressure_some_permille;
    uint16_t pressure_full_permille;
    uint16_t cgroup_limit_events; /* high + max, since the sample before */
    uint8_t cgroup_oom_events;
    uint8_t cgroup_oom_kill_events;
    int16_t slope_kib_per_s; /* clamped; INT16_MIN: not known */
    uint8_t flags;
    uint8_t version; /* 1 */
};
static_assert(sizeof(struct box_sample) == 64, "one cache line, no padding");

#define BOX_UNKNOWN_U32 0xffffffffu
#define BOX_UNKNOWN_U16 0xffffu

/* Where figures come from: index of box_sampler.error. */
enum box_source {
    BOX_SOURCE_STATM,
    BOX_SOURCE_STAT,
    BOX_SOURCE_STATUS,
    BOX_SOURCE_CGROUP,
    BOX_SOURCE_CGROUP_EVENTS,
    BOX_SOURCE_CGROUP_KILLS,
    BOX_SOURCE_PRESSURE,
    BOX_SOURCE_DESCRIPTORS,
    BOX_SOURCE_SYSTEM_KILLS,
    BOX_SOURCE_ROLLUP,
    BOX_SOURCE_NETWORK,
    BOX_SOURCES
};
#define BOX_SOURCES_MAX 16
static_assert(BOX_SOURCES <= BOX_SOURCES_MAX, "an error for each source");

#define BOX_UNKNOWN_U64 0xffffffffffffffffull

/*
 * What the sampler knows beside its samples, written about every 10 s and when
 * the period changes. BOX_UNKNOWN_U64: not known.
 */
struct box_sampler {
    struct box_seal seal;
    uint64_t clock_boot_ns; /* the same moment on both clocks: CLOCK_REALTIME */
    uint64_t clock_unix_ms; /* may have been set since the process started */
    uint64_t clock_monotonic_ns; /* likewise: the kernel's log goes by it */
    uint64_t suspended_ms;     /* slept by the machine since the first sample */
    uint64_t oom_kills_start;  /* in cgroup, at the first sample inside it */
    uint64_t oom_kills;        /* now */
    uint64_t cgroup_namespace; /* as in the identity, for this cgroup: */
    uint64_t system_oom_kills_start; /* of /proc/vmstat */
    uint64_t anon_bytes;             /* resident, by kind */
    uint64_t file_bytes;
    uint64_t shared_bytes;
    uint64_t proportional_bytes; /* PSS, where smaps_rollup was affordable */
    uint64_t private_bytes;      /* likewise USS */
    uint64_t network_rx_bytes;   /* since the first sample; OPTIONAL */
    uint64_t network_tx_bytes;
    uint64_t cpu_ms;    /* since the start; OPTIONAL */
    uint32_t period_ms; /* between samples, in force; 0: it has ended */
    uint32_t clock_steps;
    struct box_place place;
    uint16_t error[BOX_SOURCES_MAX]; /* errno of what cannot be read, 0: fine */
    char name[16];                   /* of the main thread, as ps(1) shows it */
    char limiting_cgroup[256];       /* the directory of the smallest limit */
    char cgroup[512];                /* where it is now; "": not known */
};

/* Which rule raised an alarm: alarm.h of the sampler has the rules. */
enum box_alarm_rule {
    BOX_ALARM_SLOPE = 1,
    BOX_ALARM_LIMIT = 2,
    BOX_ALARM_PRESSURE = 3,
};

/* One alarm. BOX_UNKNOWN_U64 (U32): not known, or not what the rule is about.
 */
struct box_alarm {
    struct box_seal seal;
    uint64_t time_unix_ms;
    uint64_t slope_bytes_per_second;
    uint64_t growth_bytes;
    uint64_t window_ms;
    uint64_t used_bytes;
    uint64_t limit_bytes;
    uint32_t pressure_permille;
    uint32_t rule; /* enum box_alarm_rule */
};

/* Attributes and the like: "key\0value\0key\0value\0", then zeros. */
struct box_action {
    struct box_seal seal;
    uint64_t time_unix_ms;
    char name[48];
    char attributes[192];
};

struct box_annotation {
    struct box_seal seal; /* an empty key: removed */
    char key[56];
    char value[192];
};

enum box_account_key {
    BOX_DEVICE_ID,
    BOX_USER_ID,
    BOX_TENANT_ID,
    BOX_ORGANIZATION_ID,
    BOX_USER_PRINCIPAL_NAME,
    BOX_ACCOUNT_KEYS
};

struct box_account {
    struct box_seal seal;
    char value[120];
};

struct box_feature {
    struct box_seal seal;
    char name[64];
    char state[56];
};

struct box_detection {
    struct box_seal seal;
    uint64_t time_unix_ms;
    char domain[256];
    char ip_address[48];
};

/* Name and version that the program told of itself, after its start. */
struct box_app {
    struct box_seal seal;
    char name[128];
    char version[64];
};

struct box_feedback {
    struct box_seal seal;
    uint64_t time_unix_ms;
    uint32_t type;       /* enum FeedbackType of the schema */
    int32_t sampler_tid; /* our thread, 0: none; never stopped */
    char email[256];
    char comment[3800];
};

struct box {
    uint64_t magic;
    uint32_t version;
    uint32_t size_bytes; /* sizeof(struct box) */
    struct box_control control;
    struct box_identity identity;
    struct box_app app;
    struct box_account account[BOX_ACCOUNT_KEYS];
    __attribute__((aligned(BOX_PAGE_BYTES))) struct box_crash crash;
    /* The head ends in here: room for more is made later (box_space.h). */
    struct box_sampler sampler;
    struct box_sample seconds[BOX_SECONDS_COUNT] __attribute__((aligned(64)));
    __attribute__((aligned(BOX_PAGE_BYTES))) uint8_t stack[BOX_STACK_BYTES];
    char maps[BOX_MAPS_BYTES];
    uint8_t spill[BOX_SPILL_BYTES]; /* frame header and payload (frame.h) */
    struct box_sample tens[BOX_TENS_COUNT];
    struct box_sample minutes[BOX_MINUTES_COUNT];
    struct box_alarm alarms[BOX_ALARMS_COUNT]; /* the first ones of its life */
    struct box_action actions[BOX_ACTIONS_COUNT];
    struct box_annotation annotations[BOX_ANNOTATIONS_MAX];
    struct box_feature features[BOX_FEATURES_MAX];
    struct box_detection detections[BOX_DETECTIONS_COUNT];
    struct box_feedback feedback;
};

/* The pages from the start to the first sample. */
#define BOX_HEAD_BYTES                                            \
    ((offsetof(struct box, seconds) + sizeof(struct box_sample) + \
      BOX_PAGE_BYTES - 1) /                                       \
     BOX_PAGE_BYTES * BOX_PAGE_BYTES)
static_assert(offsetof(struct box, crash) % BOX_PAGE_BYTES == 0,
              "starts a page");
static_assert(sizeof(struct box_crash) <= BOX_PAGE_BYTES, "fits its page");
static_assert(offsetof(struct box, seconds) % sizeof(struct box_sample) == 0,
              "a sample in a cache line");
static_assert(sizeof(struct box) <= BOX_BYTES_MAX, "fits the box");

/*
 * Seals a record of size_bytes that starts with a struct box_seal: writes the
 * sequence last. sequence must not be 0.
 */
void box_seal(void *record, size_t size_bytes, uint32_t sequence);

/* Marks the record as being written: until the next box_seal nobody reads it.
 */
void box_unseal(void *record);

/* Whether the record is whole. Read a copy, so that it cannot change after. */
bool box_sealed(const void *record, size_t size_bytes);

/* A copy of the crash record; false where it is torn or was never written. */
bool box_crash_read(const struct box *box, struct box_crash *ret_crash);

/* Whether box[size_bytes] is a box of this version and size. */
bool box_valid(const struct box *box, size_t size_bytes);

/*
 * How many of slots[count] were ever sealed, for those that are filled in
 * order: what lies behind is not touched, so that it costs no page fault.
 */
uint32_t box_slots_used(const void *slots, size_t slot_bytes, uint32_t count);

/*
 * Puts sample at its place: slot (sequence - 1) % count. sequence counts from
 * 1 and belongs to one writer.
 */
void box_ring_append(struct box_sample *ring, uint32_t count, uint32_t sequence,
                     const struct box_sample *sample);

/*
 * Copies the whole records of a ring into samples[count], oldest first, and
 * returns how many: torn and empty slots are left out.
 */
uint32_t box_ring_read(const struct box_sample *ring, uint32_t count,
                       struct box_sample *samples);

/* Copies a string of at most size - 1 bytes, ends it, zeroes the rest. */
void box_string(char *destination, size_t size, const char *string);

#endif
