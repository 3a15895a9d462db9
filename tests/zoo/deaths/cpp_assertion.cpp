/* A check of the C++ library fails, while an exception is handled. Context:
 * tool. */
#define _GLIBCXX_ASSERTIONS 1
#include <stdexcept>
#include <vector>

#include "tests/zoo/deaths/death.h"

static std::vector<int> animals(3);

void crash_here()
{
    try {
        throw std::runtime_error("the zoo is closed");
    } catch (const std::exception &) {
        animals[4] = 1;
    }
}

int main()
{
    crash_outer();
    return 0;
}
