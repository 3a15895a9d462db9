/* Which calls that a stop cut short begin again. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <sys/syscall.h>

#include "handler/dumper/restart.h"
#include "proto/base/compiler.h"

#define CODE_64 0x33
#define CODE_32 0x23

static void only_what_took_nothing_begins_again(void **state)
{
    static const struct {
        long call;
        int result, code;
        bool wanted;
    } cases[] = {
        {SYS_epoll_wait, -EINTR, CODE_64, true},
        {SYS_read, -EINTR, CODE_64, true},
        {SYS_read, 5, CODE_64, false},       /* it ended by itself */
        {SYS_read, -EAGAIN, CODE_64, false}, /* likewise */
        {SYS_read, -EINTR, CODE_32, false},  /* other numbers */
        {SYS_nanosleep, -EINTR, CODE_64, false},
        {SYS_close, -EINTR, CODE_64, false}, /* it is closed */
        {-1, -EINTR, CODE_64, false},        /* in no call */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct user_regs_struct registers = {
            .orig_rax = (unsigned long long)cases[i].call,
            .rax = (unsigned long long)(long long)cases[i].result,
            .cs = (unsigned long long)cases[i].code,
        };
        assert_int_equal(restart_wanted(&registers), cases[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_took_nothing_begins_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
