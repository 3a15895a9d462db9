/* A 32-bit program that ends by itself, with a loader but no libc.
 * Context: tool. */
void _start(void);

void _start(void)
{
    __asm__ volatile("int $0x80" : : "a"(1), "b"(3)); /* exit */
}
