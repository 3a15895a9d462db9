/*
 * Root gives up all capabilities, which are a thread's own: none of its threads
 * has any left. Context: tool.
 */
#include <dirent.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

int capset(cap_user_header_t header, const cap_user_data_t data);

/* Of one thread; -1: it cannot be read. */
static int has_capabilities(const char *tid)
{
    char text[512];
    unsigned long long effective = 0;

    (void)snprintf(text, sizeof text, "/proc/self/task/%s/status", tid);
    FILE *file = fopen(text, "re");
    if (!file)
        return -1;
    int found = 0;
    while (!found && fgets(text, sizeof text, file))
        found = sscanf(text, "CapEff: %llx", &effective);
    (void)fclose(file);
    return found == 1 ? effective != 0 : -1;
}

int main(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    int worst = 0;

    if (capset(&header, none) < 0)
        return 1;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks)
        return 2;
    for (struct dirent *at = readdir(tasks); at; at = readdir(tasks)) {
        if (at->d_name[0] != '.' && has_capabilities(at->d_name) != 0)
            worst = 3;
    }
    (void)closedir(tasks);
    return worst;
}
