/*
 * Asks for a report between unshare and the first process of the namespace:
 * that is the program's child, not one of the library's. Context: tool.
 */
#include <dlfcn.h>
#include <sched.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int feedback(int type, const char *comment, const char *email);

int main(void)
{
    int status = 0;
    feedback *call = (feedback *)dlsym(RTLD_DEFAULT, "inquest_v1_feedback");

    if (unshare(CLONE_NEWPID) < 0)
        return 1;
    if (call)
        (void)call(1, "fine", NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(getpid() == 1 ? 0 : 2);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 3;
    return WEXITSTATUS(status);
}
