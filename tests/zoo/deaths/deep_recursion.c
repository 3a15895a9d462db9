/* A null write below two thousand levels. Context: tool. */
#include "tests/zoo/deaths/death.h"

LINK int descend(int left);
LINK int descend(int left)
{
    if (left == 0)
        death_write(0x10);
    return left > 0 ? descend(left - 1) + 1 : 0;
}

void crash_here(void)
{
    (void)descend(2000);
}

int main(void)
{
    crash_outer();
    return 0;
}
