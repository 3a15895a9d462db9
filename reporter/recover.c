/* Dead boxes to reports. Context: tool. */
#include "reporter/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/box.h"
#include "reporter/child.h"

#define ARGUMENTS_MAX 12
#define NUMBER_BYTES  16

static int run_dumper(const char *program, char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    char *const environment[] = {NULL};
    pid_t pid;
    int status;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                           O_WRONLY, 0);
    int r = posix_spawn(&pid, program, &actions, NULL, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (r != 0)
        return -r;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int recover_box(const struct home *home, const char *box_path,
                const struct recover_facts *facts)
{
    char program[STATE_PATH_BYTES];
    char number[NUMBER_BYTES];
    const char *arguments[ARGUMENTS_MAX] = {"inquest-dumper", "recover",
                                            "--box",          box_path,
                                            "--state",        home->state_path};
    size_t count = 6;

    int r = home_program("inquest-dumper", program);
    if (r < 0)
        return r;
    if (facts->signal_number > 0) {
        (void)snprintf(number, sizeof number, "%d", facts->signal_number);
        arguments[count++] = "--signal";
        arguments[count++] = number;
    }
    if (facts->kernel_log) {
        arguments[count++] = "--kernel-log";
        arguments[count++] = facts->kernel_log;
    }
    if (facts->restarted)
        arguments[count++] = "--restarted";
    return run_dumper(program, (char *const *)arguments);
}

static void read_boot_id(char *boot_id, size_t size)
{
    size_t used = 0;

    if (io_read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id, size,
                     &used) < 0)
        used = 0;
    boot_id[used] = '\0';
    boot_id[strcspn(boot_id, "\n")] = '\0';
}

/* Reads the head of a box; false when it is none. */
static bool read_head(int dir_fd, const char *name, struct box *ret_box)
{
    size_t size = 0;
    OWNED_FD fd =
        openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    return fd >= 0 && io_read_all(fd, ret_box, sizeof *ret_box, &size) == 0 &&
           box_valid(ret_box, size);
}

/* Whether the box is for us: its process is gone, and its supervisor too. */
static bool is_abandoned(const struct box *box, const char *boot_id,
                         bool *ret_restarted)
{
    const struct box_identity *identity = &box->identity;

    if (!box_sealed(identity, sizeof *identity))
        return false;
    *ret_restarted =
        strncmp(identity->boot_id, boot_id, sizeof identity->boot_id) != 0;
    if (*ret_restarted)
        return true;
    if (process_start_ticks(identity->pid) == identity->start_ticks)
        return false;
    pid_t supervisor = (pid_t)box->control.supervisor_pid;
    return supervisor <= 0 || kill(supervisor, 0) < 0;
}

/* Whether the process that a box is named after runs: PID-STARTTICKS.box. */
static bool owner_lives(const char *name)
{
    char *end = NULL;
    unsigned long pid = strtoul(name, &end, 10);

    return *end == '-' && pid > 0 && pid <= INT32_MAX &&
           process_start_ticks((pid_t)pid) == strtoull(end + 1, NULL, 10);
}

/* A box that its process had only begun when it died holds nothing. */
static void remove_unfinished(int dir_fd, const char *name)
{
    struct stat status;
    uint64_t magic = 0;
    OWNED_FD fd =
        openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        pread(fd, &magic, sizeof magic, 0) < 0)
        return;
    if (magic == 0 && !owner_lives(name))
        (void)unlinkat(dir_fd, name, 0); /* the next recover's otherwise */
}

static int recover_one(const struct home *home, int dir_fd, const char *name,
                       const char *boot_id)
{
    static struct box box;
    char path[STATE_PATH_BYTES + 256 + 1]; /* NAME_MAX */
    struct recover_facts facts = {0};

    if (!read_head(dir_fd, name, &box)) {
        remove_unfinished(dir_fd, name);
        return 0;
    }
    if (!is_abandoned(&box, boot_id, &facts.restarted))
        return 0;
    (void)snprintf(path, sizeof path, "%s/%s", home->box_path, name);
    int r = recover_box(home, path, &facts);
    return r < 0 ? r : 1;
}

int recover_all(const struct home *home, size_t *ret_count)
{
    char boot_id[64];
    size_t count = 0;
    int result = 0;
    int fd =
        open(home->box_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    *ret_count = 0;
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    read_boot_id(boot_id, sizeof boot_id);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".box") || count == RECOVER_BOXES_MAX)
            continue;
        int r = recover_one(home, dirfd(dir), entry->d_name, boot_id);
        if (r < 0) {
            result = r;
        } else {
            count += (size_t)r;
        }
    }
    (void)closedir(dir); /* read only */
    *ret_count = count;
    return result;
}
