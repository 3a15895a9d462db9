/*
 * The kernel's text as the sampler reads it: any text is a sample or unknown.
 * Input: the files below one after the other, a NUL between. Context: tool.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handler/sampler/memory_rollup.h"
#include "tests/fuzz/fuzz.h"

#define PATH_BYTES 256
#define GROUP      "/sys/fs/cgroup/app.slice/app.scope"
#define MOUNTS     "28 22 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"

static const char *const files[] = {
    "/proc/self/statm",        "/proc/self/stat",
    "/proc/self/status",       "/proc/vmstat",
    "/proc/self/smaps_rollup", "/proc/net/dev",
    GROUP "/memory.current",   GROUP "/memory.max",
    GROUP "/memory.events",    GROUP "/memory.events.local",
    GROUP "/memory.stat",      GROUP "/memory.pressure",
    "/proc/self/mountinfo",
};

static char root[64];

static void make_parents(const char *path)
{
    char part[PATH_BYTES];

    for (const char *at = path + 1; (at = strchr(at, '/')); at++) {
        (void)snprintf(part, sizeof part, "%.*s", (int)(at - path), path);
        (void)mkdir(part, 0700); /* mostly there already */
    }
}

static void end(void)
{
    static const char *const directories[] = {"/proc/self",
                                              "/proc/net",
                                              "/proc",
                                              GROUP,
                                              "/sys/fs/cgroup/app.slice",
                                              "/sys/fs/cgroup",
                                              "/sys/fs",
                                              "/sys",
                                              ""};
    char path[PATH_BYTES];

    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        (void)snprintf(path, sizeof path, "%s%s", root, files[i]);
        (void)unlink(path);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(directories); i++) {
        (void)snprintf(path, sizeof path, "%s%s", root, directories[i]);
        (void)rmdir(path);
    }
}

static void begin(void)
{
    if (root[0] != '\0')
        return;
    (void)snprintf(root, sizeof root, "%s/inquest-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root))
        abort();
    (void)atexit(end);
}

static void put(const char *name, const uint8_t *data, size_t size)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s%s", root, name);
    make_parents(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memory_stats stats;
    struct box_sample sample;
    size_t last = 0;

    begin();
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
        size_t part = nul ? (size_t)(nul - data) : size;
        put(files[i], data, part);
        last = part;
        data += part + (nul != NULL);
        size -= part + (nul != NULL);
    }
    if (last == 0) /* else nothing of the cgroup would be read */
        put("/proc/self/mountinfo", (const uint8_t *)MOUNTS, strlen(MOUNTS));
    memory_stats_open(&stats, root, "/app.slice/app.scope");
    memory_stats_read(&stats, true, &sample);
    memory_stats_read(&stats, false, &sample);
    memory_rollup(&stats, sample.rss_pages, 1u << 30);
    memory_stats_close(&stats);
    return 0;
}
