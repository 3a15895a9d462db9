/* A sweep with a heap of the layers that are open. Context: tool. */
#include "symbolicate/worker/overlay.h"

#include <errno.h>
#include <stdlib.h>

struct heap {
    const struct layer **at; /* the highest rank first */
    size_t count;
};

static int by_begin(const void *left, const void *right)
{
    const struct layer *a = left;
    const struct layer *b = right;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
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
    int r = 0;

    if (!heap.at)
        return -ENOMEM;
    if (layers->count > 0)
        qsort(layers->at, layers->count, sizeof *layers->at, by_begin);
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
