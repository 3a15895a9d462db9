/* The denial, seen from inside. Context: any. */
#include "handler/consent_follow.h"

#include <string.h>

#include "handler/box_lock.h"
#include "proto/data_class.h"
#include "proto/state_dir.h"

static void wipe(struct box *box)
{
    for (size_t i = 0; i < BOX_FEATURES_MAX; i++) {
        struct box_feature *slot = &box->features[i];
        if (slot->seal.sequence == 0 && slot->name[0] == '\0')
            continue;
        box_unseal(slot);
        memset(slot, 0, sizeof *slot);
    }
}

bool consent_denied(const struct box *box)
{
    return __atomic_load_n(&box->control.optional_off, __ATOMIC_ACQUIRE) != 0;
}

void consent_follow(struct box_file *file)
{
    struct box *box = file->box;
    struct consent_page page;
    const uint32_t optional = CLASS_BIT(CLASS_OPTIONAL);

    if ((box->identity.recording_classes & optional) == 0)
        return; /* nothing to take away */
    consent_page_read(file->state_fd, &page);
    if ((page.recording_classes & optional) != 0)
        return;
    __atomic_store_n(&box->control.optional_off, 1, __ATOMIC_RELEASE);
    box_lock();
    wipe(box);
    box_unlock();
}
