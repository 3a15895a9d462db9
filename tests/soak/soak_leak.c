/* Grows by a page at a time until it is killed. Context: host. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_BYTES (64u << 10)
#define PAUSE_US   1000
#define BYTES_MAX  (256u << 20)

int main(void)
{
    (void)!write(STDOUT_FILENO, "ready\n", 6);
    for (size_t size = 0;; size += STEP_BYTES) {
        void *memory = size < BYTES_MAX ? malloc(STEP_BYTES) : NULL;
        if (memory)
            memset(memory, 1, STEP_BYTES);
        (void)usleep(PAUSE_US);
    }
}
