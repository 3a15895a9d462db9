/*
 * Arrays that grow by doubling up to a limit. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_ARRAY_H
#define INQUEST_SYMBOLICATE_WORKER_ARRAY_H

#include <errno.h>
#include <stdlib.h>

#include "proto/base/compiler.h"
#include "proto/base/err.h"

#define ARRAY_FIRST 64

/*
 * Makes room for one more element behind count. *at is the array, from malloc
 * or NULL. Fails with -ENOMEM, or -ERR_LIMIT when count is max; the array is
 * then as before.
 */
MUST_CHECK static inline int array_room(void **at, size_t *capacity,
                                        size_t count, size_t element_bytes,
                                        size_t max)
{
    if (count < *capacity)
        return 0;
    if (count >= max)
        return -ERR_LIMIT;
    size_t wanted = *capacity ? *capacity * 2 : ARRAY_FIRST;
    void *grown = reallocarray(*at, wanted, element_bytes);
    if (!grown)
        return -ENOMEM;
    *at = grown;
    *capacity = wanted;
    return 0;
}

/* For a struct with members at, count, capacity. */
#define ARRAY_ROOM(array, max)                                            \
    array_room((void **)&(array)->at, &(array)->capacity, (array)->count, \
               sizeof *(array)->at, (max))

#endif
