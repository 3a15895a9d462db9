/*
 * A program of somebody else's: what the library's header promises, by many
 * threads at once. consumer MODULE CACHE ADDRESS… prints each address's frames
 * as every thread saw them, or fails when two differ. Context: tool.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <inquest-symbolicate.h>

#define THREADS 8
#define ROUNDS  50
#define TEXT    4096

struct work {
    struct inquest_symbols *symbols;
    char **addresses;
    int count;
    char text[TEXT];
    const char *first; /* a string that must live until close */
    int failed;
};

static void describe(struct work *work, char *text, size_t capacity)
{
    struct inquest_symbols_frame frames[INQUEST_SYMBOLS_FRAMES_MAX];
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < work->count; i++) {
        uint64_t address = strtoull(work->addresses[i], NULL, 16);
        size_t count = inquest_symbols_find(work->symbols, address, frames);
        for (size_t at = 0; at < count && used < capacity; at++) {
            const char *name = frames[at].function;
            if (!work->first)
                work->first = name;
            used += (size_t)snprintf(text + used, capacity - used, "%s:%d%s\n",
                                     name ? name : "??", frames[at].line,
                                     frames[at].inlined ? " inlined" : "");
        }
    }
}

static void *look_up(void *argument)
{
    struct work *work = argument;
    char again[TEXT];

    describe(work, work->text, sizeof work->text);
    for (int i = 0; i < ROUNDS; i++) {
        describe(work, again, sizeof again);
        work->failed |= strcmp(again, work->text) != 0;
    }
    return NULL;
}

static int compare(const struct work *work)
{
    for (int i = 0; i < THREADS; i++) {
        if (work[i].failed || strcmp(work[i].text, work[0].text) != 0 ||
            work[i].first != work[0].first)
            return 1;
    }
    printf("%s", work[0].text);
    return 0;
}

int main(int argc, char **argv)
{
    struct inquest_symbols_options options = {0};
    struct inquest_symbols *symbols = NULL;
    static struct work work[THREADS];
    pthread_t threads[THREADS];

    if (argc < 4 || inquest_symbols_open(&options, &symbols) == 0)
        return 2; /* neither module nor build-id: refused */
    options.module = argv[1];
    options.cache_directory = argv[2];
    if (inquest_symbols_open(&options, &symbols) < 0 ||
        inquest_symbols_state(symbols) != INQUEST_SYMBOLS_LINES ||
        strcmp(inquest_symbols_place(symbols), argv[1]) != 0)
        return 3;
    for (int i = 0; i < THREADS; i++) {
        work[i] = (struct work){
            .symbols = symbols, .addresses = argv + 3, .count = argc - 3};
        if (pthread_create(&threads[i], NULL, look_up, &work[i]) != 0)
            return 4;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int status = compare(work);
    inquest_symbols_close(&symbols);
    inquest_symbols_close(&symbols); /* once is enough, twice is harmless */
    return status;
}
