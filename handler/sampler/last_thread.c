/* The main thread's end, seen from another one. Context: guest. */
#include "handler/sampler/last_thread.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define OURS_AND_MAIN 2
/* Of proc(5)'s fields of stat, counted from the first behind the name. */
#define THREADS_FIELD 17
#define STATUS_FIELD  49
#define ENDED         'Z'

/* The kernel puts 0 there at the end of the main thread (set_tid_address(2)).
 * Until then it is the thread's number; from glibc 2.43 on, what may join it.
 */
static const volatile int *main_runs;

void last_thread_prepare(void)
{
    int *at = NULL;

    if (sys_gettid() != sys_getpid())
        return;
    main_runs =
        sys_call2(SYS_prctl, PR_GET_TID_ADDRESS, (long)&at) == 0 && at && *at
            ? at
            : NULL;
}

bool last_thread_seems_left(unsigned threads)
{
    return threads == OURS_AND_MAIN && main_runs && *main_runs == 0;
}

/* NULL: there are not as many. */
static const char *field(const char *text, const char *end, int index)
{
    const char *at = text;

    for (; at && index > 0; index--) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return at && at < end ? at : NULL;
}

static bool number_of(const char *text, const char *end, int index,
                      uint64_t *ret_number)
{
    const char *at = field(text, end, index);

    return at && fmt_parse_u64(&at, end, 10, ret_number) == 0;
}

bool last_thread_is_left(const struct proc_file *stat, int *ret_status)
{
    char text[PROC_FILE_TEXT_BYTES];
    uint64_t threads = 0;
    uint64_t status = 0;

    size_t size = proc_file_read(stat, text, sizeof text);
    const char *end = text + size;
    const char *name_end = memrchr(text, ')', size);
    const char *state = name_end ? field(name_end, end, 1) : NULL;
    if (!state || *state != ENDED ||
        !number_of(state, end, THREADS_FIELD, &threads) ||
        threads != OURS_AND_MAIN ||
        !number_of(state, end, STATUS_FIELD, &status))
        return false;
    *ret_status = (int)status;
    return true;
}

_Noreturn void last_thread_end(int status)
{
    const uint64_t initial[4] = {0}; /* SIG_DFL, as rt_sigaction has it */
    int number = WTERMSIG(status);

    if (number != 0) {
        const uint64_t one = 1ull << (number - 1);
        (void)sys_call4(SYS_rt_sigaction, number, (long)initial, 0,
                        SYS_SIGSET_BYTES);
        (void)sys_call4(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&one, 0,
                        SYS_SIGSET_BYTES);
        (void)sys_call3(SYS_tgkill, sys_getpid(), sys_gettid(), number);
    }
    for (;;)
        (void)sys_call1(SYS_exit, WEXITSTATUS(status));
}
