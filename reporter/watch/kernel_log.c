/* /dev/kmsg. Context: tool. */
#include "reporter/watch/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RECORD_BYTES 8192 /* the kernel's own limit of one record */
/* PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h */
#define FIRST_PID_NAMESPACE 0xeffffffcull

static bool in_first_namespace(void)
{
    struct stat status;

    return stat("/proc/self/ns/pid", &status) == 0 &&
           status.st_ino == FIRST_PID_NAMESPACE;
}

int kernel_log_open(bool from_start)
{
    if (!in_first_namespace())
        return -1;
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) /* on failure we only read more */
        (void)lseek(fd, 0, from_start ? SEEK_SET : SEEK_END);
    return fd;
}

bool kernel_log_is_kill(const char *record, const struct kernel_death *wanted)
{
    char number[48];
    const char *text = strchr(record, ';');
    const char *stamp = strchr(record, ',');

    stamp = stamp ? strchr(stamp + 1, ',') : NULL;
    if (!text || !stamp || stamp > text)
        return false;
    uint64_t time_us = strtoull(stamp + 1, NULL, 10);
    if (time_us < wanted->after_us || time_us > wanted->before_us)
        return false;
    int size = snprintf(number, sizeof number, "Killed process %d (",
                        (int)wanted->pid);
    const char *found = strstr(text, number);
    if (!found)
        return false;
    size_t name_size = strlen(wanted->name);
    return name_size == 0 ||
           (strncmp(found + size, wanted->name, name_size) == 0 &&
            found[(size_t)size + name_size] == ')');
}

/* "NAME[PID]: segfault at …", "traps: NAME[PID] trap divide error ip:…". */
bool kernel_log_is_fault(const char *record, const struct kernel_death *wanted)
{
    char number[24];
    const char *text = strchr(record, ';');

    if (!text)
        return false;
    (void)snprintf(number, sizeof number, "[%d]", (int)wanted->pid);
    const char *found = strstr(text, number);
    if (!found)
        return false;
    found += strlen(number);
    return strncmp(found, ": segfault at ", strlen(": segfault at ")) == 0 ||
           strncmp(text, ";traps: ", strlen(";traps: ")) == 0;
}

static void copy_text(char *record, char ret_line[KERNEL_LOG_LINE_BYTES])
{
    char *text = strchr(record, ';'); /* behind it: the message */

    text = text ? text + 1 : record;
    text[strcspn(text, "\n")] = '\0';
    snprintf(ret_line, KERNEL_LOG_LINE_BYTES, "%.1000s", text);
}

static char *last_of(char *text, const char *words)
{
    char *last = NULL;

    for (char *at = strstr(text, words); at; at = strstr(at + 1, words))
        last = at;
    return last;
}

static void drop(char *begin, const char *end)
{
    memmove(begin, end, strlen(end) + 1);
}

void kernel_log_drop_name(char *line, pid_t pid)
{
    static const char traps[] = "traps: ";
    char number[24];

    (void)snprintf(number, sizeof number, "[%d]", (int)pid);
    char *killed = strstr(line, "Killed process ");
    char *name = killed ? strchr(killed, '(') : NULL;
    char *fault = last_of(line, number);
    if (name) {
        char *end = last_of(name, ") total-vm");
        drop(name, end ? end + strlen(") ") : "");
    } else if (fault) {
        bool trap = strncmp(line, traps, strlen(traps)) == 0;
        drop(line + (trap ? strlen(traps) : 0), fault);
    }
}

typedef bool is_record(const char *record, const struct kernel_death *wanted);

/* Reads what is there. */
static bool find_now(int fd, is_record *is_it,
                     const struct kernel_death *wanted,
                     char ret_line[KERNEL_LOG_LINE_BYTES])
{
    char record[RECORD_BYTES];

    for (int i = 0; i < KERNEL_LOG_RECORDS_MAX; i++) {
        ssize_t size = read(fd, record, sizeof record - 1);
        if (size < 0 && (errno == EPIPE || errno == EINTR))
            continue; /* records were overwritten meanwhile */
        if (size <= 0)
            return false;
        record[size] = '\0';
        if (is_it(record, wanted)) {
            copy_text(record, ret_line);
            kernel_log_drop_name(ret_line, wanted->pid);
            return true;
        }
    }
    return false;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool kernel_log_find_kill(int fd, const struct kernel_death *wanted,
                          int wait_ms, char ret_line[KERNEL_LOG_LINE_BYTES])
{
    struct pollfd log = {.fd = fd, .events = POLLIN};
    int64_t until_ms = now_ms() + wait_ms;

    if (fd < 0)
        return false;
    while (!find_now(fd, kernel_log_is_kill, wanted, ret_line)) {
        int64_t left_ms = until_ms - now_ms();
        if (left_ms <= 0 || poll(&log, 1, (int)left_ms) <= 0)
            return false;
    }
    return true;
}

bool kernel_log_find_fault(int fd, pid_t pid,
                           char ret_line[KERNEL_LOG_LINE_BYTES])
{
    const struct kernel_death wanted = {
        .pid = pid, .name = "", .before_us = UINT64_MAX};

    return fd >= 0 && find_now(fd, kernel_log_is_fault, &wanted, ret_line);
}
