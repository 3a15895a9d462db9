/* An interpreter made at run time: one piece pushes where the other goes on and
 * jumps there, so that no call stands before it; that one calls what writes to
 * null. Both keep a frame pointer. Context: tool. */
#include <string.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

#define FUNCTION_AT 30 /* in the second piece: the address that it calls */

LINK void interpreted(void)
{
    death_write(0x10);
}

void crash_here(void)
{
    static const uint8_t code[] = {
        0x55,                                     /* push %rbp */
        0x48, 0x89, 0xe5,                         /* mov %rsp, %rbp */
        0x48, 0x83, 0xec, 0x20,                   /* sub $0x20, %rsp */
        0x48, 0x8d, 0x05, 0x04, 0x00, 0x00, 0x00, /* lea back(%rip), %rax */
        0x50,                                     /* push %rax */
        0xeb, 0x04,                               /* jmp second */
        0x90,                                     /* nop */
        0xc9, 0xc3, 0x90,                         /* back: leave; ret */
        0x55,                                     /* second: push %rbp */
        0x48, 0x89, 0xe5,                         /* mov %rsp, %rbp */
        0x90, 0x90,                               /* nop */
        0x48, 0xb8, 0,    0,    0,    0,    0,
        0,    0,    0, /* movabs function, %rax */
        0xff, 0xd0,    /* call *%rax */
        0xc9, 0xc3,    /* leave; ret */
    };
    void (*function)(void) = interpreted;
    uint8_t *page = mmap(NULL, sizeof code, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memcpy(page, code, sizeof code);
    memcpy(page + FUNCTION_AT, &function, sizeof function);
    ((void (*)(void))page)();
}

int main(void)
{
    crash_outer();
    return 0;
}
