/* O_TMPFILE and linkat, so that a killed writer leaves nothing behind; the
 * name is put in place by rename. Context: tool. */
#include "symbolicate/cache/cache_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"

#define SUFFIX     ".symcache"
#define NAME_BYTES 256
#define PATH_BYTES 4096
#define DIRECTORY  "passing-"
#define TREE_FDS   8

struct entry {
    char name[NAME_BYTES];
    uint64_t bytes;
    struct timespec used;
};

static bool default_path(char path[PATH_BYTES])
{
    const char *own = getenv("INQUEST_SYMBOL_CACHE");
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int size = 0;

    if (own) {
        size = snprintf(path, PATH_BYTES, "%s", own);
    } else if (cache && cache[0] == '/') {
        size = snprintf(path, PATH_BYTES, "%s/inquest/symbols", cache);
    } else if (home && home[0] == '/') {
        size = snprintf(path, PATH_BYTES, "%s/.cache/inquest/symbols", home);
    }
    return size > 0 && size < PATH_BYTES;
}

/* mkdir -p; what is there already is fine, what fails shows at open. */
static void make_directories(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    (void)mkdir(path, 0700);
}

struct cache_store cache_store_open(const char *directory)
{
    struct cache_store store = {-1, STORE_BYTES_DEFAULT};
    char path[PATH_BYTES];
    struct stat status;

    if (directory) {
        (void)snprintf(path, sizeof path, "%s", directory);
    } else if (!default_path(path)) {
        return store;
    }
    if (path[0] == '\0')
        return store;
    make_directories(path);
    store.dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* A directory that others write to would let them choose our names. */
    if (store.dir_fd >= 0 &&
        (fstat(store.dir_fd, &status) < 0 || status.st_uid != geteuid() ||
         (status.st_mode & (S_IWGRP | S_IWOTH))))
        fd_close(&store.dir_fd);
    return store;
}

void cache_store_close(struct cache_store *store)
{
    fd_close(&store->dir_fd);
}

static bool name_of(const char *build_id, char name[NAME_BYTES])
{
    if (build_id[0] == '\0' ||
        build_id[strspn(build_id, "0123456789abcdef")] != '\0')
        return false;
    int size = snprintf(name, NAME_BYTES, "%s" SUFFIX, build_id);
    return size > 0 && size < NAME_BYTES;
}

int cache_store_find(const struct cache_store *store, const char *build_id)
{
    char name[NAME_BYTES];
    const struct timespec now[2] = {{.tv_nsec = UTIME_NOW},
                                    {.tv_nsec = UTIME_OMIT}};

    if (store->dir_fd < 0 || !name_of(build_id, name))
        return -ENOENT;
    int fd = openat(store->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    (void)futimens(fd, now); /* its use; a read-only store has no order */
    return fd;
}

int cache_store_begin(const struct cache_store *store, const char *build_id)
{
    char name[NAME_BYTES];

    if (store->dir_fd >= 0 && name_of(build_id, name)) {
        int fd =
            openat(store->dir_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
    }
    int fd = memfd_create("symbols", MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int by_use(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;

    if (a->used.tv_sec != b->used.tv_sec)
        return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    return a->used.tv_nsec < b->used.tv_nsec   ? -1
           : a->used.tv_nsec > b->used.tv_nsec ? 1
                                               : 0;
}

/* What a dead writer left, and what has had its time (absence.h). */
static void sweep(int dir_fd, const char *name, const struct stat *status)
{
    time_t now = time(NULL);
    char path[PATH_MAX];

    if (strncmp(name, DIRECTORY, sizeof DIRECTORY - 1) == 0) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, name);
        if (now - status->st_mtime > STORE_TMP_AGE_S)
            cache_store_directory_remove(path);
    } else if (strstr(name, STORE_ABSENT_SUFFIX)) {
        if (status->st_mtime < now)
            (void)unlinkat(dir_fd, name, 0);
    } else if (strstr(name, SUFFIX ".") &&
               now - status->st_mtime > STORE_TMP_AGE_S) {
        (void)unlinkat(dir_fd, name, 0);
    }
}

static bool read_entry(int dir_fd, const char *name, struct entry *entry)
{
    struct stat status;
    size_t size = strlen(name);

    if (size >= NAME_BYTES || size < sizeof SUFFIX || name[0] == '.' ||
        fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    bool whole = strcmp(name + size - (sizeof SUFFIX - 1), SUFFIX) == 0;
    if (!whole) {
        sweep(dir_fd, name, &status);
        return false;
    }
    memcpy(entry->name, name, size + 1);
    entry->bytes = (uint64_t)status.st_blocks * 512;
    entry->used = status.st_atim;
    return true;
}

/* The least recently used leave until the rest fits. */
static void trim(const struct cache_store *store)
{
    struct entry *entries = calloc(STORE_FILES_MAX, sizeof *entries);
    int fd = openat(store->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *at;
    uint64_t total = 0;
    size_t count = 0;

    while (entries && directory && count < STORE_FILES_MAX &&
           (at = readdir(directory))) {
        if (read_entry(store->dir_fd, at->d_name, &entries[count]))
            total += entries[count++].bytes;
    }
    if (count > 1)
        qsort(entries, count, sizeof *entries, by_use);
    for (size_t i = 0; i + 1 < count && total > store->bytes_max; i++) {
        if (unlinkat(store->dir_fd, entries[i].name, 0) == 0)
            total -= entries[i].bytes;
    }
    if (directory)
        closedir(directory);
    free(entries);
}

int cache_store_commit(const struct cache_store *store, const char *build_id,
                       int fd)
{
    char name[NAME_BYTES];
    char temporary[NAME_BYTES + 32];
    char self[64];

    if (store->dir_fd < 0 || !name_of(build_id, name))
        return 0;
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    (void)snprintf(temporary, sizeof temporary, "%s.%d.%d", name, getpid(), fd);
    if (linkat(AT_FDCWD, self, store->dir_fd, temporary, AT_SYMLINK_FOLLOW) < 0)
        return errno == EXDEV || errno == ENOENT ? 0 : -errno; /* in memory */
    if (renameat(store->dir_fd, temporary, store->dir_fd, name) < 0) {
        int r = -errno;
        (void)unlinkat(store->dir_fd, temporary, 0);
        return r;
    }
    trim(store);
    return 0;
}

static bool directory_place(const struct cache_store *store, char *path)
{
    char self[64];
    const char *temporary = getenv("TMPDIR");

    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", store->dir_fd);
    ssize_t size = store->dir_fd < 0 ? -1 : readlink(self, path, PATH_MAX - 1);
    if (size > 0) {
        path[size] = '\0';
        return true;
    }
    int made = snprintf(path, PATH_MAX, "%s",
                        temporary && *temporary ? temporary : "/tmp");
    return made < PATH_MAX;
}

int cache_store_directory(const struct cache_store *store,
                          char ret_path[PATH_MAX])
{
    char place[PATH_MAX];
    char path[PATH_MAX];

    if (!directory_place(store, place))
        return -ENAMETOOLONG;
    int size = snprintf(path, sizeof path, "%s/" DIRECTORY "XXXXXX", place);
    if (size >= (int)sizeof path)
        return -ENAMETOOLONG;
    if (!mkdtemp(path))
        return -errno;
    memcpy(ret_path, path, sizeof path);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    (void)remove(path); /* what stays makes its directory stay: swept later */
    return 0;
}

void cache_store_directory_remove(const char *path)
{
    (void)nftw(path, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS);
}

void cache_store_remove(const struct cache_store *store, const char *build_id)
{
    char name[NAME_BYTES];

    if (store->dir_fd >= 0 && name_of(build_id, name))
        (void)unlinkat(store->dir_fd, name, 0);
}
