/* Calls a function of a library that was unloaded. Context: tool. */
#include <dlfcn.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

static const char *(*version)(void);

void crash_here(void)
{
    (void)version();
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return 1;
    *(void **)&version = dlsym(library, "zlibVersion");
    if (!version || dlclose(library) != 0)
        return 1;
    crash_outer();
    return 0;
}
