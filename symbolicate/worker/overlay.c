/* A sweep with a heap of the layers that are open. Context: tool. */
#include "symbolicate/worker/overlay.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct heap {
    const struct layer **at; /* the highest rank first */
    size_t count;
};

static bool rises(const struct layer *left, const struct layer *right)
{
    return left->begin != right->begin ? left->begin < right->begin
                                       : left->rank <= right->rank;
}

/* Where the run of rising layers that begins at i ends. */
static size_t run_end(const struct layer *at, size_t count, size_t i)
{
    for (i++; i < count && rises(&at[i - 1], &at[i]); i++) {
    }
    return i;
}

/* The runs [begin, middle) and [middle, end) of from become one of to. */
static void merge(const struct layer *from, struct layer *to, size_t begin,
                  size_t middle, size_t end)
{
    size_t left = begin;
    size_t right = middle;

    for (size_t i = begin; i < end; i++) {
        bool takes_left =
            left < middle && (right == end || rises(&from[left], &from[right]));
        to[i] = takes_left ? from[left++] : from[right++];
    }
}

/* Merges the runs of from by pairs into to; how many are left. */
static size_t merge_pairs(const struct layer *from, struct layer *to,
                          size_t count)
{
    size_t runs = 0;

    for (size_t begin = 0; begin < count; runs++) {
        size_t middle = run_end(from, count, begin);
        size_t end = middle < count ? run_end(from, count, middle) : middle;
        merge(from, to, begin, middle, end);
        begin = end;
    }
    return runs;
}

/*
 * A natural merge sort: what comes from units, each in the order of addresses,
 * is a few long runs, and nothing is compared twice where it is one.
 */
static int sort(struct layers *layers)
{
    if (run_end(layers->at, layers->count, 0) >= layers->count)
        return 0;
    struct layer *other = malloc(layers->capacity * sizeof *other);
    if (!other)
        return -ENOMEM;
    size_t runs;
    do {
        runs = merge_pairs(layers->at, other, layers->count);
        struct layer *sorted = other;
        other = layers->at;
        layers->at = sorted;
    } while (runs > 1);
    free(other);
    return 0;
}

static void push(struct heap *heap, const struct layer *layer)
{
    size_t i = heap->count++;

    while (i > 0 && heap->at[(i - 1) / 2]->rank < layer->rank) {
        heap->at[i] = heap->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap->at[i] = layer;
}

static void pop(struct heap *heap)
{
    const struct layer *last = heap->at[--heap->count];
    size_t i = 0;

    for (;;) {
        size_t child = i * 2 + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            heap->at[child + 1]->rank > heap->at[child]->rank)
            child++;
        if (heap->at[child]->rank <= last->rank)
            break;
        heap->at[i] = heap->at[child];
        i = child;
    }
    heap->at[i] = last;
}

/* Shows what is open from *at on, as far as limit. */
static int drain(struct heap *heap, uint64_t *at, uint64_t limit,
                 overlay_shows *shows, void *context)
{
    while (heap->count > 0 && *at < limit) {
        const struct layer *top = heap->at[0];
        if (top->end <= *at) {
            pop(heap);
            continue;
        }
        uint64_t end = top->end < limit ? top->end : limit;
        int r = shows(context, *at, end, top->what);
        if (r < 0)
            return r;
        *at = end;
    }
    return 0;
}

int overlay_flatten(struct layers *layers, overlay_shows *shows, void *context)
{
    struct heap heap = {
        .at = calloc(layers->count + 1, sizeof(struct layer *)),
    };
    uint64_t at = 0;

    if (!heap.at)
        return -ENOMEM;
    int r = sort(layers);
    for (size_t i = 0; i < layers->count && r == 0; i++) {
        r = drain(&heap, &at, layers->at[i].begin, shows, context);
        at = layers->at[i].begin;
        push(&heap, &layers->at[i]);
    }
    if (r == 0)
        r = drain(&heap, &at, UINT64_MAX, shows, context);
    free(heap.at);
    return r;
}
