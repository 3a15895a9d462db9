/* The handler of an assertion's signal looks for main, as those that print a
 * trace do, and returns. Context: tool. */
#include <unistd.h>
#include <unwind.h>

#include "tests/zoo/deaths/asserting.h"

int main(void);

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *seen)
{
    void *function =
        _Unwind_FindEnclosingFunction((void *)_Unwind_GetIP(context));

    if (function == (void *)main)
        *(int *)seen = 1;
    return _URC_NO_REASON;
}

static void handle(int number)
{
    int seen = 0;

    (void)number;
    (void)_Unwind_Backtrace(look, &seen);
    (void)!write(1, seen ? "main is there\n" : "main is lost\n", 14);
}

int main(void)
{
    return assert_handled(handle);
}
