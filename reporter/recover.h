/*
 * Boxes of processes that died without a word, made into reports by the
 * dumper. Context: tool.
 */
#ifndef INQUEST_REPORTER_RECOVER_H
#define INQUEST_REPORTER_RECOVER_H

#include "proto/base/compiler.h"
#include "reporter/home.h"

#define RECOVER_BOXES_MAX 4096

/* What is known of one death. */
struct recover_facts {
    int signal_number;      /* seen by waitid, 0: not seen */
    const char *kernel_log; /* the kernel's own word, NULL: none */
    bool restarted;         /* the machine was started since */
};

/* Runs the dumper on one box. Fails with what kept it from running, or -EIO. */
MUST_CHECK int recover_box(const struct home *home, const char *box_path,
                           const struct recover_facts *facts);

/*
 * All boxes whose process is gone and which no supervisor looks after. Writes
 * how many were dealt with.
 */
MUST_CHECK int recover_all(const struct home *home, size_t *ret_count);

#endif
