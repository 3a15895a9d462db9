/* By their numbers. Context: tool. */
#include "reporter/consent/audit_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/fd.h"
#include "proto/state_open.h"
#include "reporter/consent/audit.h"
#include "reporter/state_file.h"

#define NAME_BEGIN AUDIT_FILE "."

void audit_files_name(uint64_t last, char ret_name[AUDIT_NAME_BYTES])
{
    (void)snprintf(ret_name, AUDIT_NAME_BYTES, NAME_BEGIN "%lu",
                   (unsigned long)last);
}

static bool parse_name(const char *name, uint64_t *ret_last)
{
    char again[AUDIT_NAME_BYTES];

    if (strncmp(name, NAME_BEGIN, strlen(NAME_BEGIN)) != 0)
        return false;
    *ret_last = strtoull(name + strlen(NAME_BEGIN), NULL, 10);
    audit_files_name(*ret_last, again);
    return strcmp(name, again) == 0;
}

/* In its place among the others; where there are too many the lowest goes. */
static void insert(struct audit_files *files, uint64_t last)
{
    size_t at = files->count;

    if (files->count == AUDIT_LISTED_MAX) {
        if (last < files->last[0])
            return;
        memmove(files->last, files->last + 1,
                --files->count * sizeof *files->last);
        at--;
    }
    for (; at > 0 && files->last[at - 1] > last; at--)
        files->last[at] = files->last[at - 1];
    files->last[at] = last;
    files->count++;
}

int audit_files_list(int state_fd, struct audit_files *ret_files)
{
    struct dirent *entry;
    uint64_t last = 0;
    DIR *list;

    *ret_files = (struct audit_files){0};
    int r = state_file_list(state_fd, &list);
    if (r < 0)
        return r;
    errno = 0;
    while ((entry = readdir(list)) != NULL) {
        if (parse_name(entry->d_name, &last))
            insert(ret_files, last);
    }
    r = -errno;
    (void)closedir(list); /* read only */
    return r;
}

/* 1: it has a first line; 0: not, or there is no such file. */
static int read_first(int state_fd, const char *name,
                      struct audit_before *ret_before)
{
    OWNED_FD fd = state_open(state_fd, name, O_RDONLY);

    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    return audit_line_first(fd, ret_before) ? 1 : 0;
}

int audit_files_before(int state_fd, const struct audit_files *files,
                       struct audit_before *ret_before)
{
    char name[AUDIT_NAME_BYTES];

    *ret_before = (struct audit_before){.from = 1};
    int r = read_first(state_fd, AUDIT_FILE, ret_before);
    if (r == 0 && files->count > 0) {
        audit_files_name(files->last[files->count - 1], name);
        r = read_first(state_fd, name, ret_before);
    }
    return r < 0 ? r : 0;
}
