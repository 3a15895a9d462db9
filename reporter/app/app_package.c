/* dpkg and rpm. Context: tool. */
#include "reporter/app/app_package.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"

#define DPKG_INFO    "/var/lib/dpkg/info"
#define DPKG_STATUS  "/var/lib/dpkg/status"
#define LIST_ENDING  ".list"
#define PATH_BYTES   4096
#define FILE_MAX     (64 << 20)
#define RPM          "/usr/bin/rpm"
#define ANSWER_BYTES 256

/* Whether the file holds "\nLINE\n"; its first line counts too. */
static bool has_line(int dir_fd, const char *name, const char *line)
{
    OWNED_FD fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    const size_t size = strlen(line);
    struct stat status;
    bool found = false;

    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0 ||
        status.st_size > FILE_MAX)
        return false;
    const size_t bytes = (size_t)status.st_size;
    char *text = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED)
        return false;
    for (char *at = text; !found;) {
        at = memmem(at, bytes - (size_t)(at - text), line, size);
        if (!at)
            break;
        size_t end = (size_t)(at - text) + size;
        found = (at == text || at[-1] == '\n') &&
                (end == bytes || text[end] == '\n');
        at++;
    }
    munmap(text, bytes);
    return found;
}

/* "coreutils" of "coreutils.list", "libc6" of "libc6:amd64.list". */
static void package_of(const char *list, char name[APP_NAME_BYTES])
{
    size_t size = strcspn(list, ":");

    if (list[size] == '\0')
        size -= sizeof LIST_ENDING - 1;
    snprintf(name, APP_NAME_BYTES, "%.*s", (int)size, list);
}

static bool ends_with_list(const char *name)
{
    const size_t ending = sizeof LIST_ENDING - 1;
    size_t size = strlen(name);

    return size > ending && strcmp(name + size - ending, LIST_ENDING) == 0;
}

/* The owner of path, or of the path that it had before /bin was /usr/bin. */
static int find_owner(const char *root, const char *path,
                      char name[APP_NAME_BYTES])
{
    char info[PATH_BYTES];
    const char *merged = strncmp(path, "/usr/", 5) == 0 ? path + 4 : NULL;
    int r = -ERR_NOT_FOUND;

    snprintf(info, sizeof info, "%.2000s" DPKG_INFO, root);
    DIR *directory = opendir(info);
    if (!directory)
        return r;
    for (struct dirent *entry; r < 0 && (entry = readdir(directory));) {
        if (!ends_with_list(entry->d_name))
            continue;
        if (has_line(dirfd(directory), entry->d_name, path) ||
            (merged && has_line(dirfd(directory), entry->d_name, merged))) {
            package_of(entry->d_name, name);
            r = 0;
        }
    }
    closedir(directory);
    return r;
}

/* The Version: of the paragraph that begins with Package: NAME. */
static int find_version(const char *root, const char *name,
                        char version[APP_VERSION_BYTES])
{
    char path[PATH_BYTES];
    char line[PATH_BYTES];
    char wanted[APP_NAME_BYTES + 16];
    bool inside = false;
    int r = -ERR_NOT_FOUND;

    snprintf(path, sizeof path, "%.2000s" DPKG_STATUS, root);
    snprintf(wanted, sizeof wanted, "Package: %s\n", name);
    FILE *file = fopen(path, "re");
    while (file && r < 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Package: ", 9) == 0)
            inside = strcmp(line, wanted) == 0;
        if (!inside || strncmp(line, "Version: ", 9) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(version, APP_VERSION_BYTES, "%.*s", APP_VERSION_BYTES - 1,
                 line + 9);
        r = 0;
    }
    if (file)
        fclose(file);
    return r;
}

int app_package_dpkg(const char *root, const char *path,
                     struct app_identity *identity)
{
    char package[APP_NAME_BYTES];

    int r = find_owner(root, path, package);
    if (r == 0)
        r = find_version(root, package, identity->version);
    if (r == 0)
        identity->source = APP_BY_DPKG;
    return r;
}

/* What rpm says within the time, ended; its size, 0 for nothing. */
static size_t read_answer(int fd, char answer[ANSWER_BYTES])
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    size_t size = 0;

    while (size < ANSWER_BYTES - 1 &&
           poll(&wanted, 1, APP_RPM_SECONDS * 1000) == 1) {
        ssize_t n = read(fd, answer + size, ANSWER_BYTES - 1 - size);
        if (n <= 0)
            break;
        size += (size_t)n;
    }
    answer[size] = '\0';
    return size;
}

static bool ask_rpm(const char *path, char answer[ANSWER_BYTES])
{
    char *const arguments[] = {(char *)"rpm",
                               (char *)"-qf",
                               (char *)"--queryformat",
                               (char *)"%{VERSION}-%{RELEASE}\\n",
                               (char *)path,
                               NULL};
    char *const environment[] = {(char *)"LC_ALL=C", NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    int status = -1;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    OWNED_FD out = ends[0];
    OWNED_FD in = ends[1];
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    int r = posix_spawn(&pid, RPM, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (r != 0)
        return false;
    fd_close(&in);
    size_t size = read_answer(out, answer);
    kill(pid, SIGKILL); /* has ended, or does not answer */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return size > 0;
}

int app_package_rpm(const char *path, struct app_identity *identity)
{
    char answer[ANSWER_BYTES];
    char *rest = answer;

    if (access(RPM, X_OK) < 0 || !ask_rpm(path, answer))
        return -ERR_NOT_FOUND;
    const char *version = strsep(&rest, "\n");
    if (!version || strchr(version, ' ')) /* "file … is not owned by …" */
        return -ERR_NOT_FOUND;
    snprintf(identity->version, sizeof identity->version, "%.*s",
             APP_VERSION_BYTES - 1, version);
    identity->source = APP_BY_RPM;
    return 0;
}
