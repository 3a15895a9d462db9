/* A crash before any constructor: the loader resolves an IFUNC. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

void chosen(void);

__attribute__((used)) static void (*resolve(void))(void)
{
    death_write(0x10);
    return crash_here;
}

void chosen(void) __attribute__((ifunc("resolve")));

void crash_here(void)
{
    chosen();
}

int main(void)
{
    crash_outer();
    return 0;
}
