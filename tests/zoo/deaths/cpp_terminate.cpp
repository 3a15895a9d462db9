/* Calls std::terminate. Context: tool. */
#include <exception>

#include "tests/zoo/deaths/death.h"

void crash_here()
{
    std::terminate();
}

int main()
{
    crash_outer();
    return 0;
}
