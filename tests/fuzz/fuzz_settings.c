/*
 * What decides: the consent file, a report's own, policy, configuration, the
 * back-off, Retry-After. Whatever is written there, a class that nobody granted
 * is not granted. Context: tool.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "reporter/config.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/policy.h"
#include "reporter/upload/backoff.h"
#include "tests/fuzz/fuzz.h"

#define NAME_BYTES 128

/* A directory in memory for the whole run; left to the system's end. */
static char directory[NAME_BYTES];

static void end(void)
{
    static const char *const names[] = {"consent", "backoff", "policy",
                                        "config"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char path[NAME_BYTES + 16];
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(directory);
}

static int open_directory(void)
{
    static int fd = -1;

    if (fd < 0) {
        (void)snprintf(directory, sizeof directory, "%s/inquest-fuzz-XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(directory))
            abort();
        (void)atexit(end);
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return fd;
}

static void put(int dir_fd, const char *name, const uint8_t *data, size_t size)
{
    int fd =
        openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)close(fd);
}

static void read_consent(int dir_fd, const uint8_t *data, size_t size)
{
    struct consent consent;

    put(dir_fd, "consent", data, size);
    int r = consent_file_read(dir_fd, &consent);
    for (int class = 0; r < 0 && class < CLASS_COUNT; class ++)
        assert(consent.words[class].state == CONSENT_DENIED);
    if (!memmem(data, size, "granted", 7)) {
        for (int class = 0; class < CLASS_COUNT; class ++)
            assert(consent.words[class].state != CONSENT_GRANTED);
    }
}

static void read_rest(int dir_fd, const uint8_t *data, size_t size)
{
    char path[NAME_BYTES + 16];
    struct backoff backoff;
    struct policy policy;
    static struct config config;
    struct config_places places = {NULL, path, NULL};
    int64_t time_s = 0;

    put(dir_fd, "backoff", data, size);
    backoff_read(dir_fd, &backoff);
    (void)backoff_waits(&backoff, 1000);
    put(dir_fd, "policy", data, size);
    (void)snprintf(path, sizeof path, "%s/policy", directory);
    policy_read(path, &policy);
    assert(policy.problem[0] == '\0' || policy.allowed == 0);
    put(dir_fd, "config", data, size);
    (void)snprintf(path, sizeof path, "%s/config", directory);
    if (config_open(&places, &config) == 0)
        config_close(&config);
    char *text = strndup((const char *)data, size);
    if (text && backoff_retry_after(text, 1000, &time_s) == 0)
        assert(time_s >= 1000);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int dir_fd = open_directory();

    read_consent(dir_fd, data, size);
    read_rest(dir_fd, data, size);
    return 0;
}
