/* Modules, threads and memory of a report. Context: tool. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ucontext.h>
#include <time.h>

#include "handler/dumper/report_build.h"
#include "handler/dumper/unwind.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"

#define PATH_BYTES   4096
#define PAGE_BYTES   4096ull
#define SAMPLES_MAX  (BOX_SECONDS_COUNT + BOX_TENS_COUNT + BOX_MINUTES_COUNT)
#define MINUTES_UNIT 10 /* box_sample.time_ms in minutes[] */
#define TEXT_BYTES   4096

/* Sets a one-member oneof: field names of the generated code are regular. */
/* A field with presence: its value, and that it is there. */
#define SET(message, MESSAGE, field, FIELD, value)        \
    ((message)->has_##field##_case =                      \
         INQUEST__V1__##MESSAGE##__HAS_##FIELD##_##FIELD, \
     (void)((message)->field = (value)))

void build_modules(struct build *build)
{
    const struct target *target = build->target;
    Inquest__V1__Report *report = &build->report;

    report->modules =
        build_alloc(build, target->module_count * sizeof *report->modules);
    for (size_t i = 0; report->modules && i < target->module_count; i++) {
        const struct target_module *module = &target->modules[i];
        Inquest__V1__Module *out = build_alloc(build, sizeof *out);
        uint8_t *build_id = build_alloc(build, module->build_id_bytes);
        if (!out || !build_id)
            return;
        inquest__v1__module__init(out);
        memcpy(build_id, module->build_id, module->build_id_bytes);
        out->path = build_string(build, module->path, PATH_BYTES);
        out->build_id = (ProtobufCBinaryData){module->build_id_bytes, build_id};
        SET(out, MODULE, base_address, BASE_ADDRESS, module->begin);
        SET(out, MODULE, size_bytes, SIZE_BYTES, module->end - module->begin);
        SET(out, MODULE, load_bias, LOAD_BIAS, module->load_bias);
        out->deleted = module->deleted;
        report->modules[report->n_modules++] = out;
    }
}

static Inquest__V1__Registers *
build_registers(struct build *build, const uint64_t v[TARGET_REGISTERS])
{
    Inquest__V1__Registers *out = build_alloc(build, sizeof *out);

    if (!out)
        return NULL;
    inquest__v1__registers__init(out);
    SET(out, REGISTERS, rax, RAX, v[0]);
    SET(out, REGISTERS, rdx, RDX, v[1]);
    SET(out, REGISTERS, rcx, RCX, v[2]);
    SET(out, REGISTERS, rbx, RBX, v[3]);
    SET(out, REGISTERS, rsi, RSI, v[4]);
    SET(out, REGISTERS, rdi, RDI, v[5]);
    SET(out, REGISTERS, rbp, RBP, v[6]);
    SET(out, REGISTERS, rsp, RSP, v[7]);
    SET(out, REGISTERS, r8, R8, v[8]);
    SET(out, REGISTERS, r9, R9, v[9]);
    SET(out, REGISTERS, r10, R10, v[10]);
    SET(out, REGISTERS, r11, R11, v[11]);
    SET(out, REGISTERS, r12, R12, v[12]);
    SET(out, REGISTERS, r13, R13, v[13]);
    SET(out, REGISTERS, r14, R14, v[14]);
    SET(out, REGISTERS, r15, R15, v[15]);
    SET(out, REGISTERS, rip, RIP, v[16]);
    SET(out, REGISTERS, eflags, EFLAGS, v[17]);
    return out;
}

static Inquest__V1__Frame *build_frame(struct build *build,
                                       const struct unwind_frame *frame)
{
    const struct target_module *module =
        target_module_at(build->target, frame->pc);
    Inquest__V1__Frame *out = build_alloc(build, sizeof *out);

    if (!out)
        return NULL;
    inquest__v1__frame__init(out);
    SET(out, FRAME, pc, PC, frame->pc);
    out->trust = (Inquest__V1__Trust)frame->trust;
    out->pc_kind = frame->exact ? INQUEST__V1__PC_KIND__EXACT
                                : INQUEST__V1__PC_KIND__RETURN_ADDRESS;
    if (module) {
        SET(out, FRAME, module_offset, MODULE_OFFSET,
            frame->pc - module->load_bias);
        SET(out, FRAME, module_index, MODULE_INDEX,
            (uint32_t)(module - build->target->modules));
    }
    return out;
}

static void build_repeat(struct build *build, Inquest__V1__Thread *thread,
                         const struct unwind_stack *stack)
{
    Inquest__V1__Repeat *repeat = build_alloc(build, sizeof *repeat);

    thread->repeated = build_alloc(build, sizeof *thread->repeated);
    if (!repeat || !thread->repeated)
        return;
    inquest__v1__repeat__init(repeat);
    SET(repeat, REPEAT, after_frame, AFTER_FRAME, (uint32_t)stack->head - 1);
    SET(repeat, REPEAT, period, PERIOD, (uint32_t)stack->period);
    SET(repeat, REPEAT, count, COUNT, (uint32_t)stack->skipped);
    thread->repeated[thread->n_repeated++] = repeat;
}

static void build_stack(struct build *build, Inquest__V1__Thread *thread,
                        const uint64_t registers[TARGET_REGISTERS])
{
    static struct unwind_stack stack;

    unwind_thread(build->target, registers, build->deadline_ms, &stack);
    thread->frames = build_alloc(build, stack.count * sizeof *thread->frames);
    for (size_t i = 0; thread->frames && i < stack.count; i++) {
        Inquest__V1__Frame *frame = build_frame(build, &stack.frames[i]);
        if (!frame)
            return;
        thread->frames[thread->n_frames++] = frame;
    }
    if (stack.skipped > 0)
        build_repeat(build, thread, &stack);
    if (stack.note) {
        thread->notes = build_alloc(build, sizeof *thread->notes);
        if (thread->notes) {
            thread->notes[thread->n_notes++] =
                build_string(build, stack.note, 256);
        }
    }
}

/* gregs of the signal context in the order of enum target_register. */
static void context_registers(const struct box_crash *crash,
                              uint64_t registers[TARGET_REGISTERS])
{
    static const int order[TARGET_REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
        REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
        REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP, REG_EFL};

    for (int i = 0; i < TARGET_REGISTERS; i++)
        registers[i] = crash->gregs[order[i]];
}

static void build_thread(struct build *build, struct target_thread *thread,
                         bool crashed)
{
    Inquest__V1__Report *report = &build->report;
    Inquest__V1__Thread *out = build_alloc(build, sizeof *out);

    if (!out)
        return;
    inquest__v1__thread__init(out);
    SET(out, THREAD, tid, TID, (uint32_t)thread->tid);
    out->name = build_string(build, thread->name, sizeof thread->name);
    out->crashed = crashed;
    report->threads[report->n_threads++] = out;
    if (crashed)
        context_registers(&build->box->crash, thread->registers);
    if (!crashed && !thread->stopped)
        return;
    out->registers = build_registers(build, thread->registers);
    if (crashed || target_now_ms() < build->deadline_ms)
        build_stack(build, out, thread->registers);
}

static bool is_sampler(const struct target_thread *thread)
{
    return strcmp(thread->name, "inquest") == 0;
}

void build_threads(struct build *build)
{
    struct target *target = build->target;
    int crashed_tid =
        build->box && build->box->control.crashed ? build->box->crash.tid : 0;
    char note[128];

    build->report.threads = build_alloc(
        build, target->thread_count * sizeof *build->report.threads);
    if (!build->report.threads)
        return;
    for (size_t i = 0; i < target->thread_count; i++) {
        if (target->threads[i].tid == crashed_tid)
            build_thread(build, &target->threads[i], true);
    }
    for (size_t i = 0; i < target->thread_count; i++) {
        if (target->threads[i].tid != crashed_tid &&
            !is_sampler(&target->threads[i]))
            build_thread(build, &target->threads[i], false);
    }
    if (target->threads_missed > 0) {
        (void)snprintf(note, sizeof note,
                       "%zu threads could not be stopped in time",
                       target->threads_missed);
        build_note(build, note);
    }
}

#define SET_KNOWN(out, field, FIELD, known, value) \
    ((known) ? SET(out, MEMORY_SAMPLE, field, FIELD, value) : (void)0)

#define SET_PAGES(out, field, FIELD, pages)                  \
    SET_KNOWN(out, field, FIELD, (pages) != BOX_UNKNOWN_U32, \
              (uint64_t)(pages)*PAGE_BYTES)

#define SET_U16(out, field, FIELD, value) \
    SET_KNOWN(out, field, FIELD, (value) != BOX_UNKNOWN_U16, value)

static void add_sample(struct build *build, const struct box_sample *sample,
                       uint64_t unix_ms)
{
    Inquest__V1__Memory *memory = build->report.memory;
    Inquest__V1__MemorySample *out = build_alloc(build, sizeof *out);

    if (!out)
        return;
    inquest__v1__memory_sample__init(out);
    out->time = (int64_t)unix_ms;
    SET_PAGES(out, rss_bytes, RSS_BYTES, sample->rss_pages);
    SET_PAGES(out, anon_bytes, ANON_BYTES, sample->anon_pages);
    SET_PAGES(out, swap_bytes, SWAP_BYTES, sample->swap_pages);
    SET_PAGES(out, cgroup_current_bytes, CGROUP_CURRENT_BYTES,
              sample->cgroup_current_pages);
    SET_PAGES(out, cgroup_limit_bytes, CGROUP_LIMIT_BYTES,
              sample->cgroup_limit_pages);
    SET_KNOWN(out, minor_faults, MINOR_FAULTS,
              sample->minor_faults != BOX_UNKNOWN_U32, sample->minor_faults);
    SET_U16(out, major_faults, MAJOR_FAULTS, sample->major_faults);
    SET_U16(out, thread_count, THREAD_COUNT, sample->threads);
    SET_U16(out, fd_count, FD_COUNT, sample->fds);
    SET_U16(out, pressure_some_permille, PRESSURE_SOME_PERMILLE,
            sample->pressure_some_permille);
    SET_U16(out, pressure_full_permille, PRESSURE_FULL_PERMILLE,
            sample->pressure_full_permille);
    memory->samples[memory->n_samples++] = out;
}

/* Samples of one ring that are older than before_ms; returns its oldest. */
static uint64_t add_ring(struct build *build, const struct box_sample *ring,
                         uint32_t count, unsigned unit, uint64_t before_ms)
{
    static struct box_sample samples[BOX_TENS_COUNT];
    const struct box_identity *identity = &build->box->identity;
    uint32_t used = box_ring_read(ring, count, samples);

    for (uint32_t i = 0; i < used; i++) {
        uint64_t at =
            identity->ring_epoch_unix_ms + (uint64_t)samples[i].time_ms * unit;
        if (at < before_ms)
            add_sample(build, &samples[i], at);
    }
    return used ? identity->ring_epoch_unix_ms +
                      (uint64_t)samples[0].time_ms * unit
                : before_ms;
}

static uint64_t oldest_of(const struct build *build,
                          const struct box_sample *ring, uint32_t count,
                          unsigned unit)
{
    static struct box_sample samples[BOX_TENS_COUNT];
    uint32_t used = box_ring_read(ring, count, samples);

    return used ? build->box->identity.ring_epoch_unix_ms +
                      (uint64_t)samples[0].time_ms * unit
                : UINT64_MAX;
}

/* statm of now: resident pages, in the second field. */
static void add_current(struct build *build, int pid)
{
    char path[64];
    char text[TEXT_BYTES];
    size_t size = 0;
    uint64_t pages;
    struct box_sample sample;

    memset(&sample, 0xff, sizeof sample);
    (void)snprintf(path, sizeof path, "/proc/%d/statm", pid);
    DROP(io_read_text(AT_FDCWD, path, text, sizeof text, &size));
    const char *at = memchr(text, ' ', size);
    const char *end = text + size;
    if (!at)
        return;
    at++;
    if (fmt_parse_u64(&at, end, 10, &pages) < 0)
        return;
    sample.rss_pages = (uint32_t)pages;
    add_sample(build, &sample, (uint64_t)build->report.time);
}

void build_memory(struct build *build)
{
    const struct box *box = build->box;
    Inquest__V1__Memory *memory = build_alloc(build, sizeof *memory);

    if (!memory)
        return;
    inquest__v1__memory__init(memory);
    memory->samples =
        build_alloc(build, (SAMPLES_MAX + 1) * sizeof *memory->samples);
    if (!memory->samples)
        return;
    build->report.memory = memory;
    if (box) {
        uint64_t tens = oldest_of(build, box->tens, BOX_TENS_COUNT, 1);
        uint64_t seconds = oldest_of(build, box->seconds, BOX_SECONDS_COUNT, 1);
        (void)add_ring(build, box->minutes, BOX_MINUTES_COUNT, MINUTES_UNIT,
                       tens);
        (void)add_ring(build, box->tens, BOX_TENS_COUNT, 1, seconds);
        (void)add_ring(build, box->seconds, BOX_SECONDS_COUNT, 1, UINT64_MAX);
    }
    if (build->target)
        add_current(build, build->target->pid);
}
