// One chain of inlined calls, the same in every form of debug information:
// outer calls middle, which is inlined, and that calls inner, inlined too.
// The markers are found by the test, so that lines may move.
#include <cstdio>
#include <cstdlib>

namespace shape
{
volatile int sink;

static inline __attribute__((always_inline)) int inner(int x)
{
    asm volatile(".globl inner_mark\ninner_mark: nop"); // LINE inner
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
} // namespace shape

int main(int argc, char **)
{
    std::printf("%d\n", shape::outer(argc));
    return std::abs(shape::sink);
}
