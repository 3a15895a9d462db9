/* Aborts where an exception is caught, libstdc++ in the program: the exception
 * is not why. Context: tool. */
#include <cstdlib>
#include <stdexcept>

#include "tests/zoo/deaths/death.h"

void crash_here()
{
    try {
        throw std::runtime_error("the zoo is closed");
    } catch (const std::exception &) {
        abort();
    }
}

int main()
{
    crash_outer();
    return 0;
}
