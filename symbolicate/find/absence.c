/* "URLS\nREASON\n"; a torn one is none. Context: tool. */
#include "symbolicate/find/absence.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"

#define NAME_BYTES 256
#define TEXT_BYTES (DEBUGINFOD_URLS_BYTES + DEBUGINFOD_WHY_BYTES + 4)

static bool name_of(const char *name, const char *suffix, char out[NAME_BYTES])
{
    int size =
        snprintf(out, NAME_BYTES, "%s" STORE_ABSENT_SUFFIX "%s", name, suffix);

    return size > 0 && size < NAME_BYTES;
}

/* Whether the file's time has not come. */
static bool lasts(int dir_fd, const char *file)
{
    struct stat status;
    time_t now = time(NULL);

    return fstatat(dir_fd, file, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode) && status.st_mtime > now &&
           status.st_mtime - now <= ABSENCE_SECONDS_MAX;
}

bool absence_known(const struct debuginfod *debuginfod, const char *name,
                   char why[DEBUGINFOD_WHY_BYTES])
{
    int dir_fd = debuginfod->store->dir_fd;
    char file[NAME_BYTES];
    char text[TEXT_BYTES];
    size_t size = 0;
    size_t urls_size = strlen(debuginfod->urls);

    if (dir_fd < 0 || !name_of(name, "", file) || !lasts(dir_fd, file) ||
        io_read_text(dir_fd, file, text, sizeof text, &size) < 0)
        return false;
    char *reason = text + urls_size + 1;
    if (size < urls_size + 2 || text[size - 1] != '\n' ||
        text[urls_size] != '\n' ||
        memcmp(text, debuginfod->urls, urls_size) != 0)
        return false;
    text[size - 1] = '\0';
    (void)snprintf(why, DEBUGINFOD_WHY_BYTES, "%s", reason);
    return true;
}

void absence_remember(const struct debuginfod *debuginfod, const char *name,
                      const char *why, unsigned seconds)
{
    int dir_fd = debuginfod->store->dir_fd;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = time(NULL) + seconds}};
    char file[NAME_BYTES];
    char temporary[NAME_BYTES];
    char text[TEXT_BYTES];

    int size = snprintf(text, sizeof text, "%s\n%s\n", debuginfod->urls, why);
    if (dir_fd < 0 || size >= (int)sizeof text || !name_of(name, "", file) ||
        !name_of(name, ".new", temporary))
        return;
    (void)unlinkat(dir_fd, temporary, 0); /* of a writer that died */
    OWNED_FD fd = openat(dir_fd, temporary,
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (io_write_all(fd, text, (size_t)size) < 0 || futimens(fd, times) < 0 ||
        renameat(dir_fd, temporary, dir_fd, file) < 0)
        (void)unlinkat(dir_fd, temporary, 0);
}
