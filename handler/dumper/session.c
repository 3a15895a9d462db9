/* The frame around every mode. Context: tool. */
#include "handler/dumper/session.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "proto/base/fd.h"
#include "proto/base/sys.h"
#include "proto/box_space.h"
#include "proto/data_class.h"
#include "proto/state_dir.h"

#define OOM_SCORE_MAX "1000"

struct box *session_map_box(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0 || status.st_size != (off_t)sizeof(struct box))
        return NULL;
    void *at = mmap(NULL, sizeof(struct box), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return NULL;
    (void)madvise(at, sizeof(struct box), MADV_RANDOM); /* as box_file.c */
    return box_valid(at, sizeof(struct box)) ? at : NULL;
}

/* The file that the box is a copy of; -1: it is mapped. */
static int copied_fd = -1;

struct box *session_copy_box(int fd)
{
    static struct box copy;
    struct stat status;

    if (fstat(fd, &status) < 0 || status.st_size != (off_t)sizeof copy ||
        pread(fd, &copy, sizeof copy, 0) != (ssize_t)sizeof copy ||
        !box_valid(&copy, sizeof copy))
        return NULL;
    copied_fd = fd;
    return &copy;
}

/* On failure the file tells less to a second attempt than it could. */
static void store(const void *from, size_t size, size_t offset)
{
    if (copied_fd >= 0)
        DROP(pwrite(copied_fd, from, size, (off_t)offset));
}

void session_store(const struct box *box)
{
    store(&box->control, sizeof box->control, offsetof(struct box, control));
}

/* Its memory counts as the host's: where that gets scarce, we go first. Our
 * own alone: the host's address space is not ours any more (proc(5)). */
static void volunteer_to_be_killed(void)
{
    OWNED_FD fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0)
        DROP(write(fd, OOM_SCORE_MAX, strlen(OOM_SCORE_MAX)));
}

void session_limit(void)
{
    static const struct {
        long resource;
        rlim_t most;
    } limits[] = {
#ifndef SANITIZED
        {RLIMIT_AS, SESSION_MEMORY_BYTES},
#endif
        {RLIMIT_FSIZE, SESSION_FILE_BYTES}, {RLIMIT_NOFILE, SESSION_FILES},
        {RLIMIT_CPU, SESSION_CPU_SECONDS},  {RLIMIT_CORE, 0},
    };

    volunteer_to_be_killed();
    (void)signal(SIGXFSZ, SIG_IGN); /* such a write fails, and no more */
    (void)umask(077); /* the program's may take its owner's rights away */
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        struct rlimit now = {0, 0};
        if (sys_call4(SYS_prlimit64, 0, limits[i].resource, 0, (long)&now) < 0)
            continue;
        if (now.rlim_cur > limits[i].most)
            now.rlim_cur = limits[i].most;
        if (now.rlim_max > limits[i].most)
            now.rlim_max = limits[i].most;
        /* Lowering is allowed. */
        (void)sys_call4(SYS_prlimit64, 0, limits[i].resource, (long)&now, 0);
    }
}

uint64_t session_now_unix_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void session_answer(uint32_t *state, enum box_dump_state answer)
{
    __atomic_store_n(state, answer, __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)state, FUTEX_WAKE, INT32_MAX);
}

uint32_t session_classes(const struct build *build)
{
    struct consent_page page;

    consent_page_read(build->state_fd, &page);
    uint32_t allowed = page.recording_classes;
    if (build->box) {
        allowed &= build->box->identity.recording_classes;
        if (build->box->control.optional_off)
            allowed &= ~CLASS_BIT(CLASS_OPTIONAL);
    }
    return allowed;
}

void session_keep_id(struct build *build, struct box *box)
{
    static const uint8_t none[sizeof box->control.report_id];

    if (memcmp(box->control.report_id, none, sizeof none) == 0) {
        report_id_bytes(build->report_id, box->control.report_id);
    } else {
        report_id_text(box->control.report_id, build->report_id);
    }
}

void session_tier(struct build *build, Inquest__V1__TierName name,
                  const char *reason)
{
    Inquest__V1__Tier *tier = build_alloc(build, sizeof *tier);
    struct timespec now;

    if (!tier)
        return;
    inquest__v1__tier__init(tier);
    build->report.tier = tier;
    tier->name = name;
    if (reason)
        tier->reason = build_string(build, reason, 256);
    if (name != INQUEST__V1__TIER_NAME__DUMPER)
        return;
    (void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail */
    tier->has_elapsed_us_case = INQUEST__V1__TIER__HAS_ELAPSED_US_ELAPSED_US;
    tier->elapsed_us =
        ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec -
         build->box->crash.time_boot_ns) /
        1000u;
}

bool session_box_has_room(struct box *box)
{
    if (!box->control.has_room)
        box->control.has_room = box_space_rest(SESSION_BOX_FD) == 0;
    return box->control.has_room;
}

static void wipe(struct box *box)
{
    if (copied_fd >= 0 || box->control.has_room) /* else nothing was copied */
        memset(box->stack, 0, sizeof box->stack);
    box->control.wiped = 1;
    store(box->stack, sizeof box->stack, offsetof(struct box, stack));
    session_store(box);
}

void session_wipe(struct box *box, const char *box_path)
{
    wipe(box);
    (void)unlink(box_path); /* swept later otherwise */
}

/* It looks at the box after it has reaped, we ask whether it has reaped after
 * the box is wiped: one of us takes it away. */
static bool is_awaited(const struct box *box)
{
    return box->control.supervisor_pid != 0 &&
           box->control.supervisor_pid == (uint32_t)box->identity.parent_pid &&
           kill(box->identity.pid, 0) == 0;
}

void session_wipe_crashed(struct box *box, const char *box_path)
{
    wipe(box);
    if (!is_awaited(box))
        (void)unlink(box_path); /* swept later otherwise */
}

int session_open_state(const struct box *box)
{
    char path[STATE_PATH_BYTES];
    struct stat status;
    int fd = -1;

    if (fstat(SESSION_STATE_FD, &status) == 0 && S_ISDIR(status.st_mode))
        return SESSION_STATE_FD;
    box_string(path, sizeof path, box->identity.state_dir);
    return state_dir_open(path, &fd) < 0 ? -1 : fd;
}
