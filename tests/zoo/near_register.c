/* Crashes with a register that points at the text argv[1], copied to the heap.
 * Context: tool. */
#include <string.h>

int main(int argc, char **argv)
{
    char *text = argc > 1 ? strdup(argv[1]) : NULL;

    __asm__ volatile("movl $1, (%0)" : : "r"(0x10L), "r"(text) : "memory");
    return 0;
}
