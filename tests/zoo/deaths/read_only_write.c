/* Writes to a string literal. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    static const char text[] = "for reading only";

    death_write((uintptr_t)text);
}

int main(void)
{
    crash_outer();
    return 0;
}
