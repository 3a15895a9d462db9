/* Who gives up root gives it up for each of its threads, ours too, behind a
 * filter as well. Context: tool. */
#include <sys/types.h>
#include <unistd.h>

#include "tests/zoo/deaths/left_behind.h"
#include "tests/zoo/deaths/sandbox.h"

int main(void)
{
    static const uint32_t calls[] = {SYS_swapon};
    struct sandbox sandbox;

    sandbox_make(&sandbox, calls, sizeof calls / sizeof *calls,
                 SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ALLOW);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &sandbox.program) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return 1;
    return threads_left_behind() == 0 ? 0 : 2;
}
