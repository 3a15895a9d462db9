/*
 * As a WebAssembly runtime does: code reaches into a guard region, and the
 * handler sends it to where the trap is dealt with. Context: tool.
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#define GUARD_BYTES (1ul << 32)
#define TRAPS       1000

static uint8_t *guard;

/* 1 where memory[index] may not be touched. */
int load(const uint8_t *memory, uint64_t index);
__asm__(".text\n"
        "load:\n\t"
        "movzbl (%rdi,%rsi), %eax\n\t"
        "xor %eax, %eax\n\t"
        "ret\n"
        "load_trapped:\n\t"
        "mov $1, %eax\n\t"
        "ret\n");
extern const char load_trapped[];

static void handle(int number, siginfo_t *info, void *context)
{
    ucontext_t *at = context;

    if ((uint8_t *)info->si_addr < guard ||
        (uint8_t *)info->si_addr >= guard + GUARD_BYTES)
        (void)signal(number, SIG_DFL);
    else
        at->uc_mcontext.gregs[REG_RIP] = (greg_t)load_trapped;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handle,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    int trapped = 0;

    guard = mmap(NULL, GUARD_BYTES, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (guard == MAP_FAILED || sigaction(SIGSEGV, &action, NULL) != 0)
        return 1;
    for (uint64_t i = 0; i < TRAPS; i++)
        trapped += load(guard, i << 16);
    printf("trapped %d\n", trapped);
    return 0;
}
