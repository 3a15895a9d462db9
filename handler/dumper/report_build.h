/*
 * The report, from box and target, in one static arena: when it is full the
 * report gets shorter, not lost. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_REPORT_BUILD_H
#define INQUEST_HANDLER_DUMPER_REPORT_BUILD_H

#include "handler/dumper/target.h"
#include "handler/dumper/termination.h"
#include "proto/base/arena.h"
#include "proto/box.h"
#include "proto/report_codec.h"

struct build {
    const struct box *box; /* NULL: a process without one */
    struct target *target; /* NULL: the process is dead */
    int state_fd;
    uint64_t deadline_ms;  /* CLOCK_MONOTONIC */
    uint64_t boot_ns;      /* CLOCK_BOOTTIME of what is told; 0: not known */
    size_t threads_unread; /* had no time for their frames */
    uint64_t unreported;   /* deaths before it that only were counted */
    struct arena arena;
    Inquest__V1__Report report;
    char report_id[REPORT_ID_BYTES];
};

/* Starts an empty report of a kind, with its id and time. */
void build_start(struct build *build, Inquest__V1__Kind kind, uint64_t unix_ms);

/* Who: app, device, process, account, annotations, actions, features. */
void build_identity(struct build *build);

/* How long the process ran: build_start and boot_ns come first. */
uint64_t build_uptime_ms(const struct build *build);

/* The name that the program goes by in its reports. */
#define BUILD_APP_NAME_BYTES 128
void build_app_name(const struct box *box, char ret_name[BUILD_APP_NAME_BYTES]);

/* Signal, cause, tier. */
void build_crash(struct build *build);

/* Modules, then all threads with their frames, the crashed one first. */
void build_modules(struct build *build);
void build_threads(struct build *build);

/* Why a C++ program aborted, from its stack: after build_threads. */
void build_abort(struct build *build);

/* History from the box's rings and a sample of now. */
void build_memory(struct build *build);

/* The alarms of the box's life; build_memory calls it. */
void build_alarms(struct build *build);

/* Kind MEMORY_ALARM, about one of them. False: there is no such alarm. */
MUST_CHECK bool build_alarm(struct build *build, size_t index);

/* Raw evidence: only where session_classes allows SENSITIVE. */
void build_sensitive(struct build *build);

/*
 * What others know of a death; UINT64_MAX: not known. Counters are as they
 * stand now, and as they stood before the start where the box does not say.
 */
struct termination_hearsay {
    enum termination_supervisor supervisor;
    int signal_number; /* seen by waitid, 0: not seen */
    bool restarted;
    bool no_box; /* it had none: nothing of ours was in it */
    bool kernel_log_read;
    const char *kernel_log; /* NULL: none */
    uint64_t cgroup_kills, cgroup_kills_start;
    uint64_t system_kills, system_kills_start;
    uint64_t group_kills, group_kills_start;
    uint64_t peak_rss_bytes;
};

/* Box and hearsay as facts for termination_judge. */
void termination_read_box(const struct box *box,
                          const struct termination_hearsay *hearsay,
                          struct termination_facts *facts);

/* A death without a word. False: there is no evidence, so no report. */
MUST_CHECK bool build_termination(struct build *build,
                                  const struct termination_hearsay *hearsay);

/* Appends a note; more than fit are left out. */
void build_note(struct build *build, const char *text);

/* A copy in the arena, never NULL ("" when full). */
char *build_string(struct build *build, const char *text, size_t limit);
void *build_alloc(struct build *build, size_t size_bytes);

#endif
