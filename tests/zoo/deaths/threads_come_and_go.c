/* A thousand threads one after the other: nothing of ours stays mapped.
 * Context: tool. */
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#define WARM_UP 8
#define THREADS 1000

static void *nothing(void *unused)
{
    return unused;
}

static int run(int count)
{
    pthread_t thread;

    for (int i = 0; i < count; i++) {
        if (pthread_create(&thread, NULL, nothing, NULL) != 0 ||
            pthread_join(thread, NULL) != 0)
            return 1;
    }
    return 0;
}

static int mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int lines = 0;

    for (int c = maps ? getc(maps) : EOF; c != EOF; c = getc(maps))
        lines += c == '\n';
    if (maps)
        (void)fclose(maps);
    return lines;
}

int main(void)
{
    if (run(WARM_UP) != 0)
        return 2;
    int before = mappings();
    if (run(THREADS) != 0)
        return 2;
    return mappings() > before + WARM_UP ? 1 : 0;
}
