/*
 * Consent as a pure function of its layers. Each layer only removes:
 *
 *     allowed = vendor, policy, DO_NOT_TRACK, user, per report
 *
 * Unset is not denied: REQUIRED, DETECTION and FEEDBACK may leave when nobody
 * objects, OPTIONAL waits for a grant, SENSITIVE for one that names the
 * report. DETECTION leaves only while privacy_setting is off. A grant does not
 * reach back: a report recorded before it keeps the class at home, unless a
 * person previewed it and said so. A grant is for the notice of its time: when
 * a field joins the class, nobody has agreed to that. Context: tool.
 */
#ifndef INQUEST_REPORTER_CONSENT_H
#define INQUEST_REPORTER_CONSENT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/data_class.h"

#define CONSENT_ACTOR_BYTES 32
#define CONSENT_WAY_BYTES   24

enum consent_state { CONSENT_UNSET, CONSENT_GRANTED, CONSENT_DENIED };

/* A denial that stood beside its file when that was read (denial_mark.h). */
struct consent_mark {
    uint64_t inode;  /* 0: none */
    int64_t time_ns; /* of its last change */
    int64_t said_unix_ms;
    uint32_t user;
};

/* What a person said of one class. */
struct consent_word {
    enum consent_state state;
    int64_t time_unix_ms;
    char actor[CONSENT_ACTOR_BYTES]; /* "uid:1000" */
    char way[CONSENT_WAY_BYTES];     /* "command", "withdrawal" */
    uint32_t notice;                 /* data_notices[class] then */
    uint64_t since_epoch;            /* reports before it keep the class */
};

struct consent {
    uint64_t epoch; /* rises with every change */
    struct consent_word words[CLASS_COUNT];
    struct consent_mark marks[CLASS_COUNT];
    bool all_marked; /* all is denied, beside the file */
};

struct consent_layers {
    uint32_t vendor;         /* ceiling of who built or packaged this */
    bool distrusted;         /* a file of configuration was refused */
    uint32_t policy;         /* ceiling of the administrator */
    bool required_by_rule;   /* the administrator made REQUIRED mandatory */
    bool do_not_track;       /* of this environment */
    bool privacy_off;        /* privacy_setting = off */
    const uint32_t *notices; /* data_notices, or a test's */
    const struct consent *user;
};

/* The last layer: what one report says of itself. */
struct consent_report {
    uint64_t epoch;    /* at its recording */
    bool do_not_track; /* where the program ran */
    uint32_t granted;  /* CLASS_BIT()s named for this report */
    uint32_t denied;
    /* The epochs of the later grants that reach back to it; 0: none does. */
    uint64_t past[CLASS_COUNT];
    struct consent_mark mark;
};

/* Who decides. */
enum consent_layer {
    CONSENT_ALLOWED,
    CONSENT_BY_VENDOR,
    CONSENT_BY_DISTRUST,
    CONSENT_BY_POLICY,
    CONSENT_BY_DO_NOT_TRACK,
    CONSENT_BY_PRIVACY_SETTING,
    CONSENT_BY_USER,
    CONSENT_BY_DEFAULT, /* nobody has granted it */
    CONSENT_BY_NOTICE,  /* granted, but for another notice */
    CONSENT_BY_EPOCH,   /* granted after the report was recorded */
    CONSENT_BY_REPORT,
    CONSENT_BY_NAME, /* SENSITIVE, and nobody named the report for it */
    CONSENT_LAYERS
};

/* The first layer that takes class out of report, or CONSENT_ALLOWED. */
enum consent_layer consent_decides(enum data_class class,
                                   const struct consent_layers *layers,
                                   const struct consent_report *report);
bool consent_allows(enum data_class class, const struct consent_layers *layers,
                    const struct consent_report *report);

/* CLASS_BIT()s of all that may be sent of report. */
uint32_t consent_sending(const struct consent_layers *layers,
                         const struct consent_report *report);

/*
 * CLASS_BIT()s that may be recorded from now on. Recording and sending are two
 * switches: only what needs a grant is kept from being recorded.
 */
uint32_t consent_recording(const struct consent_layers *layers);

/* Why, as half a sentence: "you denied it". */
const char *consent_layer_text(enum consent_layer layer);
const char *consent_state_name(enum consent_state state);

#endif
