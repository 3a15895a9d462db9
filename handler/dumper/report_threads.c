/* Modules and threads of a report. Context: tool. */
#include <stdio.h>
#include <string.h>
#include <sys/ucontext.h>

#include "handler/dumper/cause.h"
#include "handler/dumper/report_build.h"
#include "handler/dumper/unwind.h"
#include "proto/report_set.h"

#define PATH_BYTES 4096

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
    uint64_t offset;
    const struct target_module *module =
        target_place(build->target, frame->pc, &offset);
    Inquest__V1__Frame *out = build_alloc(build, sizeof *out);

    if (!out)
        return NULL;
    inquest__v1__frame__init(out);
    SET(out, FRAME, pc, PC, frame->pc);
    out->trust = (Inquest__V1__Trust)frame->trust;
    out->pc_kind = frame->exact ? INQUEST__V1__PC_KIND__EXACT
                                : INQUEST__V1__PC_KIND__RETURN_ADDRESS;
    if (module) {
        SET(out, FRAME, module_offset, MODULE_OFFSET, offset);
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

/* The others share what time is left. */
static uint64_t stack_deadline(const struct build *build, bool crashed)
{
    uint64_t now = target_now_ms();
    uint64_t left = build->deadline_ms > now ? build->deadline_ms - now : 0;
    size_t others = build->target->thread_count - build->report.n_threads + 1;
    uint64_t share = left / others;

    if (crashed)
        return now + UNWIND_CRASHED_MS;
    return now + (share > UNWIND_OTHER_MS ? share : UNWIND_OTHER_MS);
}

static void build_stack(struct build *build, Inquest__V1__Thread *thread,
                        const uint64_t registers[TARGET_REGISTERS])
{
    static struct unwind_stack stack;

    size_t behind = thread->crashed ? registers[TARGET_RIP] -
                                          cause_instruction(build->target,
                                                            &build->box->crash)
                                    : 0;

    target_keep_stack(build->target, registers[TARGET_RSP]);
    unwind_thread(build->target, registers, behind,
                  stack_deadline(build, thread->crashed), &stack);
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
    if (crashed || target_now_ms() < build->deadline_ms) {
        build_stack(build, out, thread->registers);
    } else {
        build->threads_unread++;
    }
}

static void note_threads(struct build *build, size_t count, const char *words)
{
    char note[128];

    if (count == 0)
        return;
    (void)snprintf(note, sizeof note, "%zu thread%s %s", count,
                   count == 1 ? "" : "s", words);
    build_note(build, note);
}

/* Of a crash its number is known; of a snapshot its name, which a program may
 * have, too. */
static bool is_sampler(const struct target *target,
                       const struct target_thread *thread)
{
    if (target->running[0].tid > 0)
        return thread->tid == target->running[1].tid;
    return thread->tid != target->pid &&
           strcmp(thread->name, TARGET_SAMPLER_NAME) == 0;
}

static size_t count_refused(const struct target *target)
{
    size_t count = 0;

    for (size_t i = 0; i < target->thread_count; i++) {
        const struct target_thread *thread = &target->threads[i];
        if (thread->refused && !is_sampler(target, thread))
            count++;
    }
    return count;
}

void build_threads(struct build *build)
{
    struct target *target = build->target;
    int crashed_tid =
        build->box && build->box->control.crashed ? build->box->crash.tid : 0;

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
            !is_sampler(target, &target->threads[i]))
            build_thread(build, &target->threads[i], false);
    }
    note_threads(build, target->threads_missed, "could not be stopped in time");
    note_threads(build, target->threads_unlisted,
                 "more are not listed: there are too many");
    note_threads(build, count_refused(target),
                 "may not be traced: by a rule, or for another tracer");
    note_threads(build, build->threads_unread, "without frames: out of time");
}
