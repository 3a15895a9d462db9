/* A crash in a destructor, after main. Context: tool. */

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

__attribute__((destructor)) static void after_main(void)
{
    crash_outer();
}

int main(void)
{
    return 0;
}
