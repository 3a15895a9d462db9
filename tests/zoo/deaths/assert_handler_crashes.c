/* The handler of an assertion's signal crashes in turn. Context: tool. */
#include "tests/zoo/deaths/asserting.h"

static void handle(int number)
{
    (void)number;
    death_write(0x10);
}

int main(void)
{
    return assert_handled(handle);
}
