/* The chain, through all files that are kept. Context: tool. */
#include "reporter/consent/audit_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/state_open.h"
#include "reporter/consent/audit_files.h"
#include "reporter/consent/audit_line.h"

#define READINGS_MAX 4 /* while others make an older one of the file */

struct walk {
    const char *head;
    bool head_seen;               /* it is the hash of one of the lines */
    bool at_end;                  /* in the file that is written to */
    uint64_t lines;               /* the number of the last whole one */
    char before[AUDIT_HEX_BYTES]; /* its hash */
};

static int verify_lines(FILE *file, struct walk *walk)
{
    char line[AUDIT_LINE_MAX + 2];
    char written[AUDIT_HEX_BYTES];
    char expected[AUDIT_HEX_BYTES];
    size_t text_bytes = 0;

    while (fgets(line, sizeof line, file)) {
        size_t size = strcspn(line, "\n");
        if (feof(file) && walk->at_end && walk->head_seen)
            break; /* half a line: never acknowledged */
        if (line[size] != '\n' ||
            !audit_line_split(line, size, written, &text_bytes))
            return -ERR_TORN;
        audit_line_hash(walk->before, line, text_bytes, expected);
        if (strcmp(written, expected) != 0 ||
            strtoull(line, NULL, 10) != walk->lines + 1)
            return -ERR_TORN;
        memcpy(walk->before, written, sizeof walk->before);
        walk->lines++;
        walk->head_seen = walk->head_seen || strcmp(walk->head, written) == 0;
    }
    return ferror(file) ? -EIO : 0;
}

static int verify_file(int state_fd, const char *name, struct walk *walk)
{
    OWNED_FD fd = state_open(state_fd, name, O_RDONLY);
    struct audit_before before;

    if (fd < 0)
        return fd;
    /* The oldest one's chain begins where what came before is gone. */
    if (walk->lines > 0 && walk->before[0] == '\0' &&
        audit_line_first(fd, &before))
        memcpy(walk->before, before.after, sizeof walk->before);
    FILE *file = fdopen(fd, "r");
    if (!file)
        return -ENOMEM;
    (void)fd_take(&fd); /* the stream's now */
    int r = verify_lines(file, walk);
    (void)fclose(file); /* read only */
    return r;
}

/* The older ones that are still promised. */
static int verify_older(int state_fd, const struct audit_files *files,
                        struct walk *walk)
{
    char name[AUDIT_NAME_BYTES];
    int r = 0;

    for (size_t i = 0; r == 0 && i < files->count; i++) {
        if (files->last[i] <= walk->lines)
            continue; /* given up, and not gone yet */
        audit_files_name(files->last[i], name);
        r = verify_file(state_fd, name, walk);
        if (r == 0 && walk->lines != files->last[i])
            r = -ERR_TORN;
    }
    return r;
}

static int verify_all(int state_fd, const struct audit_files *files,
                      struct walk *walk)
{
    struct audit_before before;

    int r = audit_files_before(state_fd, files, &before);
    if (r < 0)
        return r;
    walk->lines = before.from > 0 ? before.from - 1 : 0;
    r = verify_older(state_fd, files, walk);
    if (r < 0)
        return r == -ENOENT ? -ERR_TORN : r;
    walk->at_end = true;
    r = verify_file(state_fd, AUDIT_FILE, walk);
    return r == -ENOENT ? 0 : r; /* it comes with the next line */
}

static int verify_listed(int state_fd, const struct audit_files *files,
                         const char *head, uint64_t *ret_lines)
{
    struct walk walk = {.head = head,
                        .head_seen = strcmp(head, AUDIT_HEAD_FIRST) == 0};

    int r = verify_all(state_fd, files, &walk);
    *ret_lines = walk.lines;
    if (r == -ELOOP || r == -EPERM || r == -ENXIO)
        return -ERR_TORN; /* no file of ours */
    /* Without a head there was never a line. */
    if (r == 0 && !walk.head_seen && (walk.lines > 0 || *head != '\0'))
        return -ERR_TORN;
    return r;
}

static bool same_files(const struct audit_files *one,
                       const struct audit_files *other)
{
    return one->count == other->count &&
           memcmp(one->last, other->last, one->count * sizeof *one->last) == 0;
}

/* Without the lock, which a reader could keep from who has to write: torn is
 * what was read while no file came or went. */
int audit_verify_head(int state_fd, const char *head, uint64_t *ret_lines)
{
    struct audit_files files;
    struct audit_files now;

    *ret_lines = 0;
    int r = audit_files_list(state_fd, &files);
    for (int reading = 1; r == 0; reading++) {
        r = verify_listed(state_fd, &files, head, ret_lines);
        if (r != -ERR_TORN || reading == READINGS_MAX ||
            audit_files_list(state_fd, &now) < 0 || same_files(&files, &now))
            return r;
        files = now;
        r = 0;
    }
    return r;
}
