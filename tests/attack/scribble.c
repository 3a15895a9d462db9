/*
 * scribble FILE: writes random bytes all over a mapped file until it is killed;
 * a hostile program that shares its box with whoever reads it. Says "ready".
 * Context: host.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS_A_ROUND 64

static uint64_t state;

/* xorshift64 (Marsaglia 2003). */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Sizes, counts and pointers are what hurts: small, huge, or anything. */
static uint32_t evil(void)
{
    static const uint32_t edges[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    uint64_t choice = next() % 8;

    return choice < 5 ? edges[choice] : (uint32_t)next();
}

int main(int argc, char **argv)
{
    struct stat status;
    int fd = argc > 1 ? open(argv[1], O_RDWR) : -1;

    if (fd < 0 || fstat(fd, &status) < 0)
        return 1;
    size_t words = (size_t)status.st_size / sizeof(uint32_t);
    uint32_t *box = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE,
                         MAP_SHARED, fd, 0);
    if (box == MAP_FAILED)
        return 1;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : 1;
    (void)!write(STDOUT_FILENO, "ready\n", 6);
    for (;;) {
        /* Magic and version stay: else nobody would read on. Most of it hits
         * the first pages, where the records are that say how much to read. */
        for (int i = 0; i < WORDS_A_ROUND; i++) {
            size_t range = next() % 2 ? words : 4096;
            box[4 + next() % (range - 4)] = evil();
        }
        (void)usleep(next() % 50);
    }
}
