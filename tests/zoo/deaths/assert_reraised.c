/* The handler of an assertion's signal ends the program by it. Context: tool.
 */
#include <stdlib.h>

#include "tests/zoo/deaths/asserting.h"

static void handle(int number)
{
    (void)signal(number, SIG_DFL);
    abort();
}

int main(void)
{
    return assert_handled(handle);
}
