/* Note, package, file name; and the memory of them. Context: tool. */
#include "reporter/app/app_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/crc32c.h"
#include "proto/base/fd.h"
#include "proto/keyfile.h"
#include "proto/state_dir.h"
#include "reporter/app/app_note.h"
#include "reporter/app/app_package.h"
#include "reporter/state_file.h"

#define NAME_BYTES  32
#define STAMP_BYTES 128
#define TEXT_BYTES  8192
#define PATH_MAX_   4096

int app_identity_read(const char *root, const char *path,
                      struct app_identity *ret_identity)
{
    struct app_identity identity = {.source = APP_BY_FILE};
    const char *slash = strrchr(path, '/');
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return -errno;
    snprintf(identity.name, sizeof identity.name, "%.*s", APP_NAME_BYTES - 1,
             slash ? slash + 1 : path);
    bool named =
        app_note_read(fd, &identity) == 0 && identity.source == APP_BY_NOTE;
    if (!named && app_package_dpkg(root, path, &identity) < 0 && *root == '\0')
        DROP(app_package_rpm(path, &identity)); /* then by its file */
    *ret_identity = identity;
    return 0;
}

/* What changes with the file. */
static int stamp_of(const char *path, char stamp[STAMP_BYTES])
{
    struct stat status;

    if (stat(path, &status) < 0)
        return -errno;
    snprintf(stamp, STAMP_BYTES, "%lu:%lu:%lld:%lld.%09ld",
             (unsigned long)status.st_dev, (unsigned long)status.st_ino,
             (long long)status.st_size, (long long)status.st_ctim.tv_sec,
             status.st_ctim.tv_nsec);
    return 0;
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%.*s", (int)size - 1, from ? from : "");
}

static bool recall(int apps_fd, const char *name, const char *path,
                   const char *stamp, struct app_identity *ret_identity)
{
    OWNED_KEYFILE file = {0};

    if (keyfile_open(apps_fd, name, &file, NULL) < 0)
        return false;
    const char *known_path = keyfile_get(&file, "path");
    const char *known_stamp = keyfile_get(&file, "stamp");
    const char *source = keyfile_get(&file, "source");
    if (!known_path || strcmp(known_path, path) != 0 || !known_stamp ||
        strcmp(known_stamp, stamp) != 0 || !source)
        return false;
    copy(ret_identity->name, sizeof ret_identity->name,
         keyfile_get(&file, "name"));
    copy(ret_identity->version, sizeof ret_identity->version,
         keyfile_get(&file, "version"));
    copy(ret_identity->build_id, sizeof ret_identity->build_id,
         keyfile_get(&file, "build_id"));
    ret_identity->source = (enum app_source)strtol(source, NULL, 10);
    return true;
}

static void remember(int apps_fd, const char *name, const char *path,
                     const char *stamp, const struct app_identity *identity)
{
    char text[TEXT_BYTES];

    int size = snprintf(text, sizeof text,
                        "path = %s\nstamp = %s\nname = %s\nversion = %s\n"
                        "build_id = %s\nsource = %d\n",
                        path, stamp, identity->name, identity->version,
                        identity->build_id, (int)identity->source);
    if (size < 0 || size >= (int)sizeof text)
        return;
    struct span data = {(const uint8_t *)text, (size_t)size};
    DROP(state_file_note(apps_fd, name, data)); /* looked up again then */
}

/* The last answer: an upload asks for one program's file again and again. */
static struct {
    char path[PATH_MAX_], stamp[STAMP_BYTES];
    struct app_identity identity;
} last;

static void keep(const char *path, const char *stamp,
                 const struct app_identity *identity)
{
    copy(last.path, sizeof last.path, path);
    copy(last.stamp, sizeof last.stamp, stamp);
    last.identity = *identity;
}

/* From the file of its name, or found out and remembered there. */
static int look_up(int apps_fd, const char *path, const char *stamp,
                   struct app_identity *ret_identity)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "file-%08x", crc32c(0, path, strlen(path)));
    if (recall(apps_fd, name, path, stamp, ret_identity))
        return 0;
    int r = app_identity_read("", path, ret_identity);
    if (r == 0)
        remember(apps_fd, name, path, stamp, ret_identity);
    return r;
}

int app_identity_of(int state_fd, const char *path,
                    struct app_identity *ret_identity)
{
    char stamp[STAMP_BYTES];
    OWNED_FD apps_fd = -1;

    if (strlen(path) >= PATH_MAX_ || strchr(path, '\n'))
        return -ENAMETOOLONG;
    int r = stamp_of(path, stamp);
    if (r < 0)
        return r;
    if (strcmp(path, last.path) == 0 && strcmp(stamp, last.stamp) == 0) {
        *ret_identity = last.identity;
        return 0;
    }
    r = state_file_dir(state_fd, STATE_APPS_NAME, &apps_fd);
    if (r == 0)
        r = look_up(apps_fd, path, stamp, ret_identity);
    if (r == 0)
        keep(path, stamp, ret_identity);
    return r;
}
