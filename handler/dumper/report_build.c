/* Start, crash, termination and notes of a report. Context: tool. */
#include "handler/dumper/report_build.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "handler/dumper/cause.h"
#include "handler/dumper/populate.h"

#define ARENA_BYTES    (24u << 20)
#define ARENA_STEP     (32u << 10)
#define NOTES_MAX      32
#define SCHEMA_VERSION 1

static __attribute__((aligned(POPULATE_PAGE))) uint8_t arena_bytes[ARENA_BYTES];

/* Ahead of the report, step by step. */
static void populate_arena(const struct arena *arena)
{
    static size_t populated;

    while (arena->used_bytes > populated) {
        populate(arena->data + populated, ARENA_STEP);
        populated += ARENA_STEP;
    }
}

void *build_alloc(struct build *build, size_t size_bytes)
{
    void *memory = arena_alloc(&build->arena, size_bytes);

    populate_arena(&build->arena);
    return memory;
}

char *build_string(struct build *build, const char *text, size_t limit)
{
    char *copy = arena_string(&build->arena, text, limit);

    return copy ? copy : (char *)protobuf_c_empty_string;
}

void build_note(struct build *build, const char *text)
{
    Inquest__V1__Report *report = &build->report;

    if (report->n_notes < NOTES_MAX)
        report->notes[report->n_notes++] = build_string(build, text, 512);
}

void build_start(struct build *build, Inquest__V1__Kind kind, uint64_t unix_ms)
{
    uint8_t random[10] = {0};

    build->arena = (struct arena){arena_bytes, sizeof arena_bytes, 0};
    inquest__v1__report__init(&build->report);
    if (getrandom(random, sizeof random, GRND_NONBLOCK) < 0)
        random[0] = (uint8_t)getpid(); /* still unique with the time */
    report_id_make(unix_ms, random, build->report_id);
    build->report.notes = build_alloc(build, NOTES_MAX * sizeof(char *));
    build->report.report_id = build->report_id;
    build->report.kind = kind;
    build->report.time = (int64_t)unix_ms;
    build->report.schema_version = SCHEMA_VERSION;
    build->report.reporter_version = (char *)INQUEST_VERSION;
}
