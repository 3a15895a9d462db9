/* What a filter kills for. Context: tool. */
#include "handler/dumper/forbidden.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/sys.h"

bool forbidden_call(long number, long first)
{
    int status = 0;

    if (prctl(PR_GET_SECCOMP) == 0)
        return false;
    /* A fork would copy our memory; the child makes the one call and ends. */
    /* NOLINTBEGIN(clang-analyzer-*) */
    pid_t child = vfork();
    if (child == 0) {
        (void)sys_call4(number, first, -1, 0, 0);
        _exit(0);
    }
    /* NOLINTEND(clang-analyzer-*) */
    /* Nobody to try it, as in a sandbox of our own, which allows it. */
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}
