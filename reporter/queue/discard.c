/* Erasing one report and what belongs to it. Context: tool. */
#include "reporter/queue/discard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "reporter/consent/consent_file.h"
#include "reporter/queue/claim.h"
#include "reporter/state_file.h"

/* So that it goes as it is, like any name in there (state_file_erase). */
static bool is_none_of_ours(int r)
{
    return r == -ELOOP || r == -ENXIO || r == -EPERM || r == -EACCES;
}

static int erase_at_rest(struct home *home, const struct stored_report *item)
{
    OWNED_CLAIM claim = CLAIM_NONE;
    char name[QUEUE_NAME_BYTES];
    char reason[QUEUE_NAME_BYTES + sizeof CLAIM_REASON_ENDING];

    int r = queue_name(item->id, name);
    if (r == 0)
        r = claim_hold(&home->queue, item->place, item->id, 0, &claim);
    if (r == 0 || is_none_of_ours(r))
        r = queue_withdraw(&home->queue, item->place, name);
    if (r == 0)
        r = state_file_erase(home->queue.dir_fd[QUEUE_TMP], name);
    if (r < 0 || item->place != QUEUE_BAD)
        return r;
    (void)snprintf(reason, sizeof reason, "%s" CLAIM_REASON_ENDING, name);
    (void)unlinkat(home->queue.dir_fd[QUEUE_BAD], reason, 0); /* if any */
    return 0;
}

static int erase_claimed(struct home *home, const struct stored_report *item)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_take(&home->queue, item->id, &claim);
    return r < 0 ? r : claim_erase(&home->queue, &claim);
}

int discard_report(struct home *home, const struct stored_report *item)
{
    bool at_rest = item->place == QUEUE_SENT || item->place == QUEUE_BAD;
    int r = at_rest ? erase_at_rest(home, item) : erase_claimed(home, item);

    if (r == 0)
        consent_report_remove(home->state_fd, item->id);
    return r;
}
