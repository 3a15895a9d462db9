/* Fork, exec, and what is left behind. Context: tool. */
#include "tests/unit/dumper_run.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/state_dir.h"

#define BOX_FD           3 /* session.h */
#define STATE_FD         4
#define REPORT_BYTES_MAX (1u << 20)

static int dead_pid(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void reset_box(struct run *run)
{
    struct box *box = &run->box;

    memset(box, 0, sizeof *box);
    box->magic = BOX_MAGIC;
    box->version = BOX_VERSION;
    box->size_bytes = sizeof *box;
    box->control.rate_limit_off = 1;
    box->control.has_room = 1;
    box->identity.pid = dead_pid();
    box->identity.uid = getuid();
    box->identity.recording_classes = UINT32_MAX;
    box->identity.start_unix_ms = 1000;
    (void)strcpy(box->identity.executable, "/opt/waterworks");
    box_string(box->identity.state_dir, sizeof box->identity.state_dir,
               run->state_dir);
}

static void make_state(struct run *run)
{
    OWNED_FD fd = -1;

    assert_int_equal(state_dir_open(run->state_dir, &fd), 0);
}

int run_make(void **state)
{
    static struct run run_storage; /* as aligned as its box */
    struct run *run = &run_storage;
    void *directory = NULL;

    if (support_directory_make(&directory) < 0)
        return -1;
    run->directory = directory;
    (void)snprintf(run->state_dir, sizeof run->state_dir, "%.200s/state",
                   run->directory);
    (void)snprintf(run->box_path, sizeof run->box_path, "%.200s/one.box",
                   run->directory);
    reset_box(run);
    make_state(run);
    *state = run;
    return 0;
}

int run_remove(void **state)
{
    struct run *run = *state;
    void *directory = run->directory;

    return support_directory_remove(&directory);
}

void run_clear(struct run *run)
{
    void *state_dir = strdup(run->state_dir);

    assert_int_equal(support_directory_remove(&state_dir), 0);
    (void)remove(run->box_path); /* it may not be there */
    make_state(run);
    reset_box(run);
}

void run_put_box(struct run *run, size_t size_bytes)
{
    if (run->box.magic == BOX_MAGIC)
        box_seal(&run->box.identity, sizeof run->box.identity, 1);
    OWNED_FD fd =
        open(run->box_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(io_write_all(fd, &run->box, size_bytes), 0);
}

bool run_box_is_there(const struct run *run)
{
    struct stat status;

    return lstat(run->box_path, &status) == 0;
}

void run_get_box(struct run *run)
{
    OWNED_FD fd = open(run->box_path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;

    assert_true(fd >= 0);
    assert_int_equal(io_read_all(fd, &run->box, sizeof run->box, &size), 0);
}

void run_block_queue(struct run *run)
{
    char path[SUPPORT_PATH_BYTES + 16];

    (void)snprintf(path, sizeof path, "%s/queue", run->state_dir);
    OWNED_FD fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
}

static void become_dumper(const struct run *run, const char *const arguments[],
                          bool with_fds, int out_fd)
{
    char *argv[RUN_ARGUMENTS_MAX + 2] = {strdup("inquest-dumper")};

    for (size_t i = 0; i < RUN_ARGUMENTS_MAX && arguments[i]; i++) {
        const char *word = strcmp(arguments[i], "BOX") == 0     ? run->box_path
                           : strcmp(arguments[i], "STATE") == 0 ? run->state_dir
                                                                : arguments[i];
        argv[i + 1] = strdup(word);
    }
    (void)dup2(out_fd, STDOUT_FILENO);
    (void)dup2(out_fd, STDERR_FILENO);
    (void)close(BOX_FD);
    (void)close(STATE_FD);
    if (with_fds) { /* whatever is not there stays closed */
        int box_fd = fcntl(open(run->box_path, O_RDWR), F_DUPFD, 10);
        int state_fd = fcntl(open(run->state_dir, O_DIRECTORY), F_DUPFD, 10);
        (void)dup2(box_fd, BOX_FD);
        (void)dup2(state_fd, STATE_FD);
    }
    (void)execv(DUMPER, argv);
    _exit(126);
}

int run_dumper(struct run *run, const char *const arguments[], bool with_fds)
{
    char path[SUPPORT_PATH_BYTES + 16];
    size_t size = 0;
    int status = 0;

    (void)snprintf(path, sizeof path, "%s/said", run->directory);
    OWNED_FD out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(out >= 0);
    pid_t pid = fork();
    if (pid == 0)
        become_dumper(run, arguments, with_fds, out);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(
        io_read_text(AT_FDCWD, path, run->said, sizeof run->said, &size), 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 126)
        fail_msg("wait status %#x: %s", (unsigned)status, run->said);
    return WEXITSTATUS(status);
}

/* path[]: of the first report; how many there are. */
static size_t find_reports(const struct run *run, char *path, size_t capacity)
{
    size_t count = 0;

    (void)snprintf(path, capacity, "%s/queue/new", run->state_dir);
    DIR *list = opendir(path);
    if (!list)
        return 0;
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] != '.' && count++ == 0) {
            (void)snprintf(path, capacity, "%s/queue/new/%.128s",
                           run->state_dir, entry->d_name);
        }
    }
    (void)closedir(list);
    return count;
}

size_t run_report_file(const struct run *run, void *buffer, size_t capacity)
{
    char path[2 * SUPPORT_PATH_BYTES];
    size_t size = 0;

    assert_true(find_reports(run, path, sizeof path) > 0);
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(io_read_all(fd, buffer, capacity, &size), 0);
    return size;
}

size_t run_reports(const struct run *run, Inquest__V1__Report **ret_report)
{
    static uint8_t file[REPORT_BYTES_MAX];
    char path[2 * SUPPORT_PATH_BYTES];
    size_t count = find_reports(run, path, sizeof path);

    if (count > 0 && ret_report) {
        size_t size = run_report_file(run, file, sizeof file);
        assert_int_equal(report_open((struct span){file, size}, ret_report), 0);
    }
    return count;
}
