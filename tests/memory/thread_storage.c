/* STORAGE_KIB of static thread-local storage, which lies on the stack of each
 * thread that libc makes. Lives until its input ends. Context: tool. */
#include <stdio.h>

static _Thread_local char storage[STORAGE_KIB << 10];

int main(void)
{
    storage[sizeof storage / 2] = 1;
    puts("ready");
    fflush(stdout);
    return getchar() == EOF ? storage[0] : 1;
}
