/* Code made at run time, which keeps a frame pointer and has no call frame
 * information, writes to null. Context: tool. */
#include <string.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    static const uint8_t code[] = {
        0x55,                               /* push %rbp */
        0x48, 0x89, 0xe5,                   /* mov %rsp, %rbp */
        0x48, 0x83, 0xec, 0x20,             /* sub $0x20, %rsp */
        0xb8, 0x10, 0x00, 0x00, 0x00,       /* mov $0x10, %eax */
        0xc7, 0x00, 0x01, 0x00, 0x00, 0x00, /* movl $1, (%rax) */
    };
    void *page = mmap(NULL, sizeof code, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memcpy(page, code, sizeof code);
    ((void (*)(void))page)();
}

int main(void)
{
    crash_outer();
    return 0;
}
