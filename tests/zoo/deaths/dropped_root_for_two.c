/* A server that was another user for a while, and whose workers become others
 * again: what one of them had open of the server's box another could read.
 * Context: tool. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether a descriptor is of a file that this process made for its children. */
static int has_spare_of(pid_t maker)
{
    int found = 0;
    char name[32];
    char path[4096];
    DIR *list = opendir("/proc/self/fd");

    (void)snprintf(name, sizeof name, "/%d-", (int)maker);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        ssize_t n =
            readlinkat(dirfd(list), entry->d_name, path, sizeof path - 1);
        path[n > 0 ? n : 0] = '\0';
        found |= strstr(path, name) && strstr(path, ".spare.box");
    }
    return found;
}

static void become_other(void)
{
    if (setgid(65534) != 0 || setuid(65534) != 0)
        _exit(2);
    _exit(has_spare_of(getppid()));
}

int main(void)
{
    int status = 0;

    if (seteuid(65534) != 0 || seteuid(0) != 0)
        return 2;
    pid_t child = fork();

    if (child == 0)
        become_other();
    return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 2;
}
