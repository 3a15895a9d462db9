/* /dev/kmsg. Context: tool. */
#include "reporter/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORD_BYTES 8192 /* the kernel's own limit of one record */

int kernel_log_open(void)
{
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_END); /* on failure we only read more */
    return fd;
}

bool kernel_log_is_kill(const char *text, pid_t pid)
{
    char wanted[48];

    int size = snprintf(wanted, sizeof wanted, "Killed process %d", (int)pid);
    const char *found = strstr(text, wanted);
    if (!found)
        return false;
    char next = found[size];
    return next < '0' || next > '9';
}

bool kernel_log_find_kill(int fd, pid_t pid,
                          char ret_line[KERNEL_LOG_LINE_BYTES])
{
    char record[RECORD_BYTES];

    for (int i = 0; fd >= 0 && i < KERNEL_LOG_RECORDS_MAX; i++) {
        ssize_t size = read(fd, record, sizeof record - 1);
        if (size < 0 && errno == EPIPE)
            continue; /* records were overwritten meanwhile */
        if (size <= 0)
            return false;
        record[size] = '\0';
        if (!kernel_log_is_kill(record, pid))
            continue;
        char *text = strchr(record, ';'); /* behind it: the message */
        text = text ? text + 1 : record;
        text[strcspn(text, "\n")] = '\0';
        snprintf(ret_line, KERNEL_LOG_LINE_BYTES, "%.1000s", text);
        return true;
    }
    return false;
}
