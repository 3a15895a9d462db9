/* The program's handler of an assertion's signal returns: it dies all the same,
 * and is told. Context: tool. */
#include <unistd.h>

#include "tests/zoo/deaths/asserting.h"

static void handle(int number)
{
    (void)number;
    (void)!write(1, "caught\n", 7);
}

int main(void)
{
    return assert_handled(handle);
}
