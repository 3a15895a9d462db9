/* Context: tool. */
#include "symbolicate/worker/selection.h"

bool selection_asks(const struct selection *selection, uint64_t begin,
                    uint64_t end)
{
    const uint64_t *address = selection->address;

    return !address || (*address >= begin && *address < end);
}

bool selection_has(const struct selection *selection, uint64_t begin,
                   uint64_t end)
{
    return begin < end && selection_asks(selection, begin, end) &&
           elf_code_has(&selection->code, begin, end);
}
