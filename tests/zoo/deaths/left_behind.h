/* Which threads of the program have not become nobody with it. Context: tool.
 */
#ifndef INQUEST_TESTS_ZOO_LEFT_BEHIND_H
#define INQUEST_TESTS_ZOO_LEFT_BEHIND_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NOBODY 65534

static inline bool has_changed(const char *thread)
{
    char path[320];
    char line[256];
    bool changed = false;

    (void)snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status)) {
        if (strcmp(line, "Uid:\t65534\t65534\t65534\t65534\n") == 0)
            changed = true;
    }
    if (status)
        (void)fclose(status);
    return changed;
}

static inline int threads_left_behind(void)
{
    int count = 0;
    DIR *threads = opendir("/proc/self/task");

    if (!threads)
        return -1;
    for (struct dirent *entry = readdir(threads); entry;
         entry = readdir(threads))
        count += entry->d_name[0] != '.' && !has_changed(entry->d_name);
    (void)closedir(threads);
    return count;
}

#endif
