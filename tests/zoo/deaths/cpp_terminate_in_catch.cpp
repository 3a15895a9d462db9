/* Ends by another reason while an exception is handled. Context: tool. */
#include <stdexcept>
#include <thread>

#include "tests/zoo/deaths/death.h"

void crash_here()
{
    try {
        throw std::runtime_error("the zoo is closed");
    } catch (const std::exception &) {
        std::thread nobody_joins([] {});
    }
}

int main()
{
    crash_outer();
    return 0;
}
