/* One table, read both ways. Context: tool. */
#include "proto/dumper_status.h"

#include <errno.h>
#include <stddef.h>

#include "proto/base/err.h"

/* Beyond those of sysexits.h, below those of a shell. */
static const struct {
    int status;
    int error;
} table[] = {
    {80, -ENOSPC}, {81, -ERR_QUEUE_FULL}, {82, -EACCES},
    {83, -EROFS},  {84, -EDQUOT},         {85, -EPERM},
    {86, -ENOMEM}, {87, -EFBIG},          {88, -EMFILE},
};

int dumper_status(int r, int fallback)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (table[i].error == r)
            return table[i].status;
    }
    return fallback;
}

int dumper_status_error(int status)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (table[i].status == status)
            return table[i].error;
    }
    return status == 0 ? 0 : -EIO;
}
