/*
 * A fork that does nothing but limit itself and exec, so a program with
 * threads may call it. Context: tool.
 */
#include "symbolicate/worker_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "symbolicate/helper.h"

#define WORKER       "inquest-symbolicate-worker"
#define OUTPUT_FD    3
#define NUMBER_BYTES 24

static _Noreturn void be_worker(const char *path, char *const *arguments,
                                char *const *variables, int output_fd)
{
    helper_become(output_fd, OUTPUT_FD);
#ifndef SANITIZED
    helper_limit(RLIMIT_AS, WORKER_MEMORY_BYTES);
#endif
    helper_limit(RLIMIT_CPU, WORKER_CPU_SECONDS);
    execve(path, arguments, variables);
    _exit(127);
}

int worker_run(const struct debug_file *file, int output_fd,
               const uint64_t *address)
{
    char path[PATH_MAX];
    char number[NUMBER_BYTES];
    char *arguments[] = {
        (char[]){WORKER},
        (char[]){"3"},
        (char *)(uintptr_t)file->main,
        (char *)(uintptr_t)file->debug,
        (char *)(uintptr_t)file->alt,
        address ? number : NULL,
        NULL,
    };

    if (!helper_find(WORKER, path))
        return -ENOENT;
    if (address)
        (void)snprintf(number, sizeof number, "%" PRIu64, *address);
    char **variables = helper_environment(NULL, 0);
    if (!variables)
        return -ENOMEM;
    pid_t pid = fork();
    if (pid == 0)
        be_worker(path, arguments, variables, output_fd);
    int r = pid < 0 ? -errno : 0;
    free(variables);
    return r < 0 ? r : helper_wait(pid);
}
