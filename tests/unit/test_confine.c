/* What a confined process may not do, tried in a child each. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/confine.h"

#define REFUSED 1
#define DONE    0
#define X32     0x40000000 /* __X32_SYSCALL_BIT */

/* Runs try in a confined child; its answer. */
static int confined(unsigned rights, int (*try)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(confine_self(rights | CONFINE_BUILD) < 0 ? 99 : try());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 99);
    return WEXITSTATUS(status);
}

static int verdict(long result)
{
    return result < 0 && errno == EPERM ? REFUSED : DONE;
}

static int try_socket(void)
{
    return verdict(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_exec(void)
{
    char *const arguments[] = {(char[]){"true"}, NULL};

    return verdict(execv("/bin/true", arguments));
}

static int try_fork(void)
{
    return verdict(fork());
}

static int try_trace(void)
{
    return verdict(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_kill(void)
{
    return verdict(kill(getppid(), 0));
}

static int try_executable_memory(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return verdict(at == MAP_FAILED ? -1 : 0);
}

/* A call that is in no list. */
static int try_namespace(void)
{
    return verdict(unshare(CLONE_NEWUSER));
}

/* Numbers beyond all lists: far ones, and those of the x32 ABI. */
static int try_number_beyond(void)
{
    static const long numbers[] = {510, 511, 512, 100000, -1, X32 + SYS_getpid};

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        if (verdict(syscall(numbers[i])) != REFUSED)
            return DONE;
    }
    return REFUSED;
}

static int try_limits_of_others(void)
{
    struct rlimit limit;

    return verdict(prlimit(getppid(), RLIMIT_CORE, NULL, &limit));
}

static int try_write_file(void)
{
    return verdict(open("confined", O_WRONLY | O_CREAT, 0600));
}

static int try_remove(void)
{
    return verdict(unlink("confined"));
}

static int try_read_file(void)
{
    int fd = open("/proc/self/maps", O_RDONLY);
    char byte;

    return fd >= 0 && read(fd, &byte, 1) == 1 ? DONE : REFUSED;
}

static void *nothing(void *unused)
{
    return unused;
}

static int try_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, nothing, NULL) != 0)
        return REFUSED;
    return pthread_join(thread, NULL) == 0 ? DONE : REFUSED;
}

static void no_way_out_of_a_confined_process(void **state)
{
    static const struct {
        int (*try)(void);
        bool leaks; /* what ASan's search for leaks needs itself */
    } tries[] = {
        {try_socket, false},
        {try_exec, false},
        {try_namespace, false},
        {try_number_beyond, false},
        {try_limits_of_others, false},
        {try_fork, true},
        {try_trace, true},
        {try_executable_memory, true},
        {try_kill, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(tries); i++) {
        if (tries[i].leaks && CONFINE_BUILD != 0)
            continue;
        assert_int_equal(confined(0, tries[i].try), REFUSED);
        assert_int_equal(confined(CONFINE_FILES, tries[i].try), REFUSED);
    }
}

static void a_right_kept_is_kept(void **state)
{
    (void)state;
    assert_int_equal(confined(CONFINE_NETWORK, try_socket), DONE);
    assert_int_equal(confined(CONFINE_PROGRAMS, try_fork), DONE);
    assert_int_equal(confined(CONFINE_PROGRAMS, try_exec), 0); /* true's */
    assert_int_equal(confined(CONFINE_PROGRAMS, try_socket), REFUSED);
    assert_int_equal(confined(CONFINE_NETWORK, try_exec), REFUSED);
}

static void files_are_made_only_with_that_right(void **state)
{
    (void)state;
    assert_int_equal(confined(0, try_write_file), REFUSED);
    assert_int_equal(access("confined", F_OK), -1);
    assert_int_equal(confined(CONFINE_FILES, try_write_file), DONE);
    assert_int_equal(confined(0, try_remove), REFUSED);
    assert_int_equal(confined(CONFINE_FILES, try_remove), DONE);
    assert_int_equal(access("confined", F_OK), -1);
}

static void reading_and_threads_go_on(void **state)
{
    (void)state;
    assert_int_equal(confined(0, try_read_file), DONE);
    assert_int_equal(confined(0, try_thread), DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_way_out_of_a_confined_process),
        cmocka_unit_test(a_right_kept_is_kept),
        cmocka_unit_test(files_are_made_only_with_that_right),
        cmocka_unit_test(reading_and_threads_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
