/* An exception leaves a noexcept function. Context: tool. */
#include <stdexcept>

#include "tests/zoo/deaths/death.h"

__attribute__((noipa)) static void thrower()
{
    throw std::runtime_error("not allowed");
}

void crash_here()
{
    []() noexcept { thrower(); }();
}

int main()
{
    crash_outer();
    return 0;
}
