/* An exception that nobody catches, in a thread. Context: tool. */
#include <stdexcept>
#include <thread>

#include "tests/zoo/deaths/death.h"

void crash_here()
{
    throw std::runtime_error("the zoo is closed");
}

int main()
{
    std::thread thread(crash_outer);

    thread.join();
    return 0;
}
