/* The C side of the matrix; its lines are found by their marks. */
#include <stdio.h>

volatile int sink;

static inline __attribute__((always_inline)) int inner(int x)
{
    __asm__ volatile(".globl inner_mark\ninner_mark: nop"); // LINE inner
    return x + sink;
}

static inline __attribute__((always_inline)) int middle(int x)
{
    return inner(x + 1) * 3; // LINE middle
}

__attribute__((noinline)) int outer(int x)
{
    return middle(x + 2) - 7; // LINE outer
}

int main(int argc, char **argv)
{
    (void)argv;
    printf("%d\n", outer(argc));
    return sink;
}
