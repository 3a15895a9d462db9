/*
 * An allocator of its own, which reads its settings at the first call, as
 * jemalloc does: the environment must be there by then. Context: tool.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define POOL_BYTES (16u << 20)
#define ALIGNMENT  16u

static _Alignas(ALIGNMENT) uint8_t pool[POOL_BYTES];
static size_t used;
static int began;
static int settings_found;

static void begin(void)
{
    if (began)
        return;
    began = 1;
    settings_found = getenv("PATH") != NULL;
}

/* The size stands in front of each block. */
void *malloc(size_t size)
{
    begin();
    size_t whole = (size + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t at = __atomic_fetch_add(&used, whole, __ATOMIC_RELAXED);
    if (size > POOL_BYTES || at + whole > POOL_BYTES) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(pool + at, &size, sizeof size);
    return pool + at + ALIGNMENT;
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t size)
{
    return malloc(count * size); /* the pool is zero, and nothing comes back */
}

void *realloc(void *block, size_t size)
{
    size_t before = 0;
    void *moved = malloc(size);

    if (block)
        memcpy(&before, (uint8_t *)block - ALIGNMENT, sizeof before);
    if (block && moved)
        memcpy(moved, block, before < size ? before : size);
    return moved;
}

int main(void)
{
    void *volatile block = malloc(1);

    return block && settings_found ? 0 : 1;
}
