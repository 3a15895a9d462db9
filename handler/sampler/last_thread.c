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
#define STATUS_BLANKS 50 /* from the name to exit_code, field 52: proc(5) */

/* The kernel puts 0 there at the end of the main thread (set_tid_address(2)).
 */
static const volatile int *main_tid;

void last_thread_prepare(void)
{
    int *at = NULL;

    if (sys_gettid() != sys_getpid())
        return;
    main_tid = sys_call2(SYS_prctl, PR_GET_TID_ADDRESS, (long)&at) == 0 && at &&
                       *at == sys_getpid()
                   ? at
                   : NULL;
}

bool last_thread_is_left(unsigned threads)
{
    return threads == OURS_AND_MAIN && main_tid && *main_tid == 0;
}

int last_thread_status(const struct proc_file *stat)
{
    char text[PROC_FILE_TEXT_BYTES];
    uint64_t status = 0;

    size_t size = proc_file_read(stat, text, sizeof text);
    const char *at = memrchr(text, ')', size);
    for (int blanks = 0; at && blanks < STATUS_BLANKS; blanks++) {
        at = memchr(at, ' ', size - (size_t)(at - text));
        at = at ? at + 1 : NULL;
    }
    if (!at || fmt_parse_u64(&at, text + size, 10, &status) < 0)
        return 0;
    return (int)status;
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
