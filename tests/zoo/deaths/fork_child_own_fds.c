/*
 * A program takes the numbers that the library's descriptors have, as scripts
 * do (exec 200>FILE), and its child makes a box: what it drops of its parent's
 * are not these. Context: tool.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 200
#define LAST  299

static int count_open(void)
{
    int count = 0;

    for (int fd = FIRST; fd <= LAST; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int annotate(void)
{
    int (*call)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_DEFAULT,
                                                   "inquest_v1_annotate");

    return call ? call("child", "true") : 0;
}

int main(void)
{
    int status = 0;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (int number = FIRST; number <= LAST; number++) {
        if (dup2(fd, number) != number)
            return 1;
    }
    pid_t child = fork();
    if (child == 0)
        _exit(annotate() == 0 && count_open() == LAST - FIRST + 1 ? 0 : 2);
    if (waitpid(child, &status, 0) != child)
        return 3;
    return WEXITSTATUS(status);
}
