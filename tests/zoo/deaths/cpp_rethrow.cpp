/* An exception of another place is thrown on, as std::future does. Context:
 * tool. */
#include <exception>
#include <stdexcept>

#include "tests/zoo/deaths/death.h"

static std::exception_ptr elsewhere()
{
    try {
        throw std::runtime_error("the zoo is closed");
    } catch (...) {
        return std::current_exception();
    }
}

void crash_here()
{
    std::rethrow_exception(elsewhere());
}

int main()
{
    crash_outer();
    return 0;
}
