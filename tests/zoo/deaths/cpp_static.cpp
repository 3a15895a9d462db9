/* An exception that nobody catches, libstdc++ in the program. Context: tool. */
#include <stdexcept>

#include "tests/zoo/deaths/death.h"

void crash_here()
{
    throw std::runtime_error("the zoo is closed");
}

int main()
{
    crash_outer();
    return 0;
}
