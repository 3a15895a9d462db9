/* "key = value" files. Context: tool. */
#include "proto/keyfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/state_way.h"

void keyfile_close(struct keyfile *file)
{
    free(file->data);
    free(file->lines);
    *file = (struct keyfile){0};
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        text[--size] = '\0';
    return text;
}

/* Cuts one line into key and value; 1: a comment or empty. */
static int cut_line(char *text, struct keyfile_line *ret_line)
{
    text = trim(text);
    if (*text == '\0' || *text == '#')
        return 1;
    char *sign = strchr(text, '=');
    if (!sign)
        return -ERR_FORMAT;
    *sign = '\0';
    ret_line->key = trim(text);
    ret_line->value = trim(sign + 1);
    return ret_line->key[0] == '\0' ? -ERR_FORMAT : 0;
}

/* Cuts file->data; number ends as that of the line that failed. */
static int cut_lines(struct keyfile *file, unsigned *number)
{
    char *rest = file->data;

    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        *number += 1;
        if (file->count == KEYFILE_LINES_MAX || *number == 10000)
            return -ERR_LIMIT;
        struct keyfile_line *entry = &file->lines[file->count];
        int r = cut_line(line, entry);
        if (r < 0)
            return r;
        entry->number = *number;
        file->count += r == 0;
    }
    return 0;
}

int keyfile_parse(const char *text, size_t size_bytes, struct keyfile *ret_file,
                  unsigned *ret_line)
{
    unsigned number = 0;

    *ret_file = (struct keyfile){0};
    if (size_bytes > KEYFILE_BYTES_MAX)
        return -ERR_LIMIT;
    if (memchr(text, '\0', size_bytes))
        return -ERR_FORMAT;
    OWNED_KEYFILE file = {
        .data = strndup(text, size_bytes),
        .lines = calloc(KEYFILE_LINES_MAX, sizeof *file.lines),
    };
    if (!file.data || !file.lines)
        return -ENOMEM; /* NOLINT(clang-analyzer-unix.Malloc): cleanup frees */
    int r = cut_lines(&file, &number);
    if (r < 0) {
        if (ret_line)
            *ret_line = number;
        return r; /* NOLINT(clang-analyzer-unix.Malloc): cleanup frees */
    }
    *ret_file = file;
    file = (struct keyfile){0};
    return 0;
}

/* Whoever owns a directory of ours says what lies there. */
static bool is_owners(uid_t uid, int dir_fd)
{
    struct stat directory;

    return dir_fd != AT_FDCWD && fstat(dir_fd, &directory) == 0 &&
           uid == directory.st_uid;
}

/* Whether root, the owner of our directory and the user the command runs as
 * alone may have written it. */
static int trusted(int fd, int dir_fd, struct stat *ret_status)
{
    if (fstat(fd, ret_status) < 0)
        return -errno;
    if (!S_ISREG(ret_status->st_mode) || (ret_status->st_mode & 022) != 0)
        return -EPERM;
    uid_t uid = ret_status->st_uid;
    return uid == geteuid() || state_way_is_roots(uid) || is_owners(uid, dir_fd)
               ? 0
               : -EPERM;
}

int keyfile_open(int dir_fd, const char *path, struct keyfile *ret_file,
                 unsigned *ret_line)
{
    char text[KEYFILE_BYTES_MAX];
    struct stat status;
    size_t size = 0;

    *ret_file = (struct keyfile){0};
    if (ret_line)
        *ret_line = 0;
    OWNED_FD fd =
        openat(dir_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int r = trusted(fd, dir_fd, &status);
    if (r < 0)
        return r;
    r = io_read_all(fd, text, sizeof text, &size);
    if (r < 0)
        return r;
    r = keyfile_parse(text, size, ret_file, ret_line);
    if (r == 0)
        ret_file->owned_by_root = status.st_uid == 0;
    return r;
}

bool keyfile_unread(int r)
{
    return r < 0 && r > -ERR_FIRST && r != -EPERM && r != -ELOOP;
}

const char *keyfile_error(int r)
{
    switch (r) {
    case -EPERM:
        return "others may write to it, so it is not trusted; chmod go-w it, "
               "or give it to root or to you";
    case -ELOOP:
        return "a symbolic link is not trusted";
    case -ERR_FORMAT:
        return "not a line of KEY = VALUE";
    default:
        return err_text(r);
    }
}

const char *keyfile_get(const struct keyfile *file, const char *key)
{
    for (size_t i = file->count; i > 0; i--) {
        if (strcmp(file->lines[i - 1].key, key) == 0)
            return file->lines[i - 1].value;
    }
    return NULL;
}
