/*
 * The signature: which group a report belongs to, after the way of Socorro
 * (https://socorro.readthedocs.io, "signature generation"). From the crashing
 * thread's frames, innermost first: a sentinel frame starts it, irrelevant
 * ones are skipped, prefix ones are kept and walked past, the first other one
 * ends it. Where no frame of the application is left, the innermost module
 * and offset end it, so that strangers do not share one group.
 *
 * It works on evidence, a JSON object that is kept with the group, so that
 * grouping by a newer algorithm is done again without the reports:
 *
 *     {"kind","app","signal","code","abortMessage","exception","detail",
 *      "frames":[{"function","module","buildId","moduleOffset","pcKind",
 *                "inlined"}]}
 *
 * evidence.h makes it. Pure. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SIGNATURE_SIGNATURE_H
#define INQUEST_COLLECTOR_SIGNATURE_SIGNATURE_H

#include <jansson.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define SIGNATURE_ALGORITHM    1u /* rises when signatures change */
#define SIGNATURE_PARTS_MAX    8
#define SIGNATURE_FRAMES_MAX   64
#define SIGNATURE_PERIOD_MAX   8 /* of recursion that is folded */
#define SIGNATURE_TITLE_BYTES  640
#define SIGNATURE_DETAIL_BYTES 320
#define SIGNATURE_NAMES_BYTES  4096

struct signature {
    int64_t id; /* of the group, from all below */
    char title[SIGNATURE_TITLE_BYTES];
    char subtitle[SIGNATURE_DETAIL_BYTES];
    char names[SIGNATURE_NAMES_BYTES]; /* all functions, for the search */
};

/*
 * project keeps the groups of tenants apart. steps, when not NULL, is an array
 * that gets {"frame","function","module","rule","list","line"} for each frame.
 */
void signature_make(int64_t project, const json_t *evidence, json_t *steps,
                    struct signature *ret_signature);

#endif
