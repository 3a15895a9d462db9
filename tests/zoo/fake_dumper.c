/*
 * Stands for a dumper that fails, in the way of its file's name: exit_STATUS,
 * killed, refuses (it says so, and goes on), stuck; stuck_live only for reports
 * of a process that lives on, and is the real one for a crash. Context: tool.
 */
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/box.h"

#define ALARM_S 8 /* when nobody ends it */
#define BOX_FD  3 /* the dumper's contract */

/* As the real one does where neither queue nor box has room. */
static void refuse(void)
{
    struct box *box =
        mmap(NULL, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED, BOX_FD, 0);
    uint32_t *state = &box->control.dump_state;

    __atomic_store_n(state, BOX_DUMP_FAILED, __ATOMIC_RELEASE);
    (void)syscall(SYS_futex, state, FUTEX_WAKE, INT32_MAX);
}

int main(int argc, char **argv)
{
    char path[256] = "";
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    const char *name = size > 0 ? strrchr(path, '/') + 1 : "";

    if (argc > 1 && strcmp(name, "stuck_live") == 0 &&
        strcmp(argv[1], "crash") == 0)
        (void)execv(REAL_DUMPER, argv);
    if (strncmp(name, "exit_", 5) == 0)
        return atoi(name + 5);
    if (strcmp(name, "killed") == 0)
        (void)raise(SIGKILL);
    if (strcmp(name, "refuses") == 0)
        refuse();
    (void)close_range(0, ~0u, 0); /* who reads the program's output waits */
    (void)alarm(ALARM_S);
    (void)pause();
    return 0;
}
