/* A function within a function has its code outside it. */
#include <stdio.h>

volatile int sink;

__attribute__((noinline)) static int each(int (*call)(int), int count)
{
    for (int i = 0; i < count; i++)
        sink += call(i);
    return sink;
}

__attribute__((noinline)) static int sum(int by)
{
    __attribute__((noinline)) int scaled(int x)
    {
        return x * by + sink;
    }
    return each(scaled, by);
}

int main(int argc, char **argv)
{
    (void)argv;
    printf("%d\n", sum(argc));
    return 0;
}
