/* dpkg-query(1), apt-cache(8). Context: tool. */
#include "reporter/show/debug_package.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "proto/base/fd.h"

#define FIXED         2 /* words of a command before its operands */
#define PACKAGE_BYTES 256
#define PACKAGE_FIELD "Package: "
#define MERGED_PREFIX "/usr"

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t spawn(char *const *arguments, int output)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    (void)posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                           O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                           O_RDONLY, 0);
    int r =
        posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return r == 0 ? pid : -1;
}

/* Until the end, the limit or the deadline; text ends with a NUL. */
static void read_until(int fd, char *text, size_t capacity)
{
    int64_t deadline = now_ms() + DEBUG_PACKAGE_WAIT_MS;
    size_t used = 0;

    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - now_ms();
        if (left <= 0 || used + 1 == capacity ||
            poll(&waiting, 1, (int)left) <= 0)
            break;
        ssize_t size = read(fd, text + used, capacity - used - 1);
        if (size <= 0)
            break;
        used += (size_t)size;
    }
    text[used] = '\0';
}

/* What a command prints, from malloc; NULL where it cannot be run. */
static char *output_of(char *const *arguments)
{
    int ends[2];
    char *text = malloc(DEBUG_PACKAGE_BYTES_MAX);

    if (!text || pipe2(ends, O_CLOEXEC) < 0) {
        free(text);
        return NULL;
    }
    OWNED_FD from = ends[0];
    pid_t pid = spawn(arguments, ends[1]);
    fd_close(&ends[1]);
    if (pid < 0) {
        free(text);
        return NULL;
    }
    read_until(from, text, DEBUG_PACKAGE_BYTES_MAX);
    (void)kill(pid, SIGKILL); /* it has ended, or its time has */
    (void)waitpid(pid, NULL, 0);
    return text;
}

/* dpkg knows some files by their names before /usr was merged. */
static const char *without_usr(const char *path)
{
    size_t size = sizeof MERGED_PREFIX - 1;

    return strncmp(path, MERGED_PREFIX "/", size + 1) == 0 ? path + size : path;
}

/* "libc6:amd64: /lib/…/libc.so.6" -> owners[path] = "libc6". */
static void take_owner(json_t *owners, const json_t *modules, char *line)
{
    char *path = strstr(line, ": /");
    size_t index;
    json_t *module;

    if (!path)
        return;
    *path = '\0';
    line[strcspn(line, ":,")] = '\0';
    json_array_foreach(modules, index, module)
    {
        const char *name = json_string_value(module);
        if (name && strcmp(without_usr(name), without_usr(path + 2)) == 0)
            json_object_set_new(owners, name, json_string(line));
    }
}

static json_t *owners_of(const json_t *modules)
{
    char *arguments[FIXED + DEBUG_PACKAGE_MODULES_MAX * 2 + 1] = {
        (char[]){"dpkg-query"}, (char[]){"--search"}};
    json_t *owners = json_object();
    size_t count = FIXED;
    size_t index;
    json_t *module;
    char *rest = NULL;

    json_array_foreach(modules, index, module)
    {
        const char *path = json_string_value(module);
        if (!path || *path != '/' || index >= DEBUG_PACKAGE_MODULES_MAX)
            continue;
        arguments[count++] = (char *)(uintptr_t)path;
        if (without_usr(path) != path)
            arguments[count++] = (char *)(uintptr_t)without_usr(path);
    }
    char *text = count > FIXED ? output_of(arguments) : NULL;
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        take_owner(owners, modules, line);
    free(text);
    return owners;
}

/* {package: source package} of all owners. */
static json_t *sources_of(const json_t *owners)
{
    char *arguments[FIXED + 1 + DEBUG_PACKAGE_MODULES_MAX + 1] = {
        (char[]){"dpkg-query"}, (char[]){"--show"},
        (char[]){"--showformat=${Package} ${source:Package}\n"}};
    json_t *sources = json_object();
    size_t count = FIXED + 1;
    const char *path;
    json_t *owner;
    char *rest = NULL;

    json_object_foreach((json_t *)(uintptr_t)owners, path, owner)
    {
        if (count < ARRAY_LENGTH(arguments) - 1)
            arguments[count++] = (char *)(uintptr_t)json_string_value(owner);
    }
    char *text = count > FIXED + 1 ? output_of(arguments) : NULL;
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *blank = strchr(line, ' ');
        if (blank) {
            *blank = '\0';
            json_object_set_new(sources, line, json_string(blank + 1));
        }
    }
    free(text);
    return sources;
}

/* {NAME: true} of those -dbg packages of owners that the archive has. */
static json_t *dbg_packages(const json_t *sources)
{
    char names[DEBUG_PACKAGE_MODULES_MAX * 2][PACKAGE_BYTES];
    char *arguments[FIXED + ARRAY_LENGTH(names) + 1] = {(char[]){"apt-cache"},
                                                        (char[]){"show"}};
    json_t *found = json_object();
    size_t count = 0;
    const char *package;
    json_t *source;
    char *rest = NULL;

    json_object_foreach((json_t *)(uintptr_t)sources, package, source)
    {
        if (count + 2 > ARRAY_LENGTH(names))
            break;
        (void)snprintf(names[count++], PACKAGE_BYTES, "%s-dbg", package);
        (void)snprintf(names[count++], PACKAGE_BYTES, "%s-dbg",
                       json_string_value(source));
    }
    for (size_t i = 0; i < count; i++)
        arguments[FIXED + i] = names[i];
    char *text = count > 0 ? output_of(arguments) : NULL;
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, PACKAGE_FIELD, sizeof PACKAGE_FIELD - 1) == 0) {
            json_object_set_new(found, line + sizeof PACKAGE_FIELD - 1,
                                json_true());
        }
    }
    free(text);
    return found;
}

/* package-dbg, else the -dbg of its source, else package-dbgsym. */
static json_t *choose(const char *package, const char *source,
                      const json_t *dbg)
{
    const char *const names[] = {package, source};
    char name[PACKAGE_BYTES];

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        (void)snprintf(name, sizeof name, "%s-dbg", names[i] ? names[i] : "");
        if (json_object_get(dbg, name))
            return json_string(name);
    }
    return json_sprintf("%s-dbgsym", package);
}

json_t *debug_packages(const json_t *modules)
{
    json_t *owners = owners_of(modules);
    json_t *sources = sources_of(owners);
    json_t *dbg = dbg_packages(sources);
    json_t *packages = json_object();
    const char *path;
    json_t *owner;

    json_object_foreach(owners, path, owner)
    {
        const char *package = json_string_value(owner);
        const char *source =
            json_string_value(json_object_get(sources, package));
        json_object_set_new(packages, path, choose(package, source, dbg));
    }
    json_decref(dbg);
    json_decref(sources);
    json_decref(owners);
    return packages;
}
