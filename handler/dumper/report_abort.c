/*
 * Why a C++ program aborted: nothing but the stack and the thread's exceptions
 * says it. Context: tool.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "handler/dumper/exception.h"
#include "handler/dumper/report_build.h"
#include "handler/dumper/target_symbol.h"

#define SENTENCE_BYTES (EXCEPTION_MESSAGE_BYTES + 64)
#define CALL_OPCODE    0xe8 /* call rel32 */
#define JUMP_OPCODE    0xe9 /* jmp rel32 */
#define BRANCH_BYTES   5

static const struct target_module *find_library(const struct target *target)
{
    for (size_t i = 0; i < target->module_count; i++) {
        if (strstr(target->modules[i].path, "/libstdc++.so"))
            return &target->modules[i];
    }
    return NULL;
}

/* Whether one of the crashed thread's frames is in the library's function. */
static bool is_in(struct build *build, const struct target_module *library,
                  const char *function)
{
    const Inquest__V1__Thread *thread =
        build->report.n_threads > 0 ? build->report.threads[0] : NULL;
    struct target_symbol symbol;

    if (!thread || !thread->crashed ||
        !target_symbol_find(build->target, library, function, &symbol))
        return false;
    for (size_t i = 0; i < thread->n_frames; i++) {
        /* A return address: of a call before it, maybe the very last. */
        if (thread->frames[i]->pc > symbol.begin &&
            thread->frames[i]->pc <= symbol.end)
            return true;
    }
    return false;
}

/*
 * Whether the library itself called abort: the first frame outside the module
 * of the first (the C library) is its own. So it is where an exception leaves
 * a noexcept function; what runs there is not exported.
 */
static bool aborts_itself(struct build *build,
                          const struct target_module *library)
{
    const Inquest__V1__Thread *thread =
        build->report.n_threads > 0 ? build->report.threads[0] : NULL;
    const struct target_module *first = NULL;

    for (size_t i = 0; thread && i < thread->n_frames; i++) {
        const struct target_module *module =
            target_module_at(build->target, thread->frames[i]->pc);
        if (i == 0)
            first = module;
        if (target_is_guest(build->target, thread->frames[i]->pc))
            continue; /* our abort() stands between */
        if (module != first)
            return module == library;
    }
    return false;
}

static void say(struct build *build, const char *sentence)
{
    build->report.crash->cause = build_string(build, sentence, SENTENCE_BYTES);
}

/*
 * caught: a landing pad took it, which is a handler of it, or where it left a
 * noexcept function.
 */
static void say_exception(struct build *build,
                          const struct exception *exception, bool caught)
{
    Inquest__V1__Exception *out = build_alloc(build, sizeof *out);
    char sentence[SENTENCE_BYTES];

    if (!out)
        return;
    inquest__v1__exception__init(out);
    out->type = build_string(build, exception->type, sizeof exception->type);
    out->message =
        build_string(build, exception->message, sizeof exception->message);
    build->report.crash->exception = out;
    (void)snprintf(sentence, sizeof sentence, "%s%s%s",
                   caught ? "std::terminate was called while an exception was "
                            "handled"
                          : "uncaught exception",
                   *exception->message ? ": " : "", exception->message);
    say(build, sentence);
}

/* Where the instruction at address, opcode and rel32, leads; 0: another. */
static uint64_t branch_target(struct target *target, uint64_t address,
                              uint8_t opcode)
{
    uint8_t code[BRANCH_BYTES];
    int32_t displacement;

    if (target_read(target, address, code, sizeof code) != sizeof code ||
        code[0] != opcode)
        return 0;
    memcpy(&displacement, code + 1, sizeof displacement);
    return address + sizeof code + (uint64_t)(int64_t)displacement;
}

/*
 * Whether abort was called by a terminate handler, which itself was called
 * where another call of abort follows, in case that the handler returns. So the
 * runtime of C++ calls it, and hardly anybody else.
 */
static bool terminate_handler_aborts(struct build *build)
{
    const Inquest__V1__Thread *thread =
        build->report.n_threads > 0 ? build->report.threads[0] : NULL;
    const struct target_module *first = NULL;
    size_t i = 0;

    if (!thread || thread->n_frames == 0)
        return false;
    first = target_module_at(build->target, thread->frames[0]->pc);
    while (i < thread->n_frames &&
           (target_is_guest(build->target, thread->frames[i]->pc) ||
            target_module_at(build->target, thread->frames[i]->pc) == first))
        i++;
    if (i + 1 >= thread->n_frames)
        return false;
    uint64_t called = branch_target(
        build->target, thread->frames[i]->pc - BRANCH_BYTES, CALL_OPCODE);
    uint64_t next = thread->frames[i + 1]->pc;
    uint64_t jump = branch_target(build->target, next, JUMP_OPCODE);
    return called != 0 &&
           called == branch_target(build->target, jump != 0 ? jump : next,
                                   CALL_OPCODE);
}

/* Where the program has libstdc++ in itself. */
static void search_exception(struct build *build)
{
    struct exception exception;
    bool caught = false;

    if (exception_search(build->target, build->box->crash.thread_pointer,
                         &exception, &caught) &&
        (!caught || terminate_handler_aborts(build)))
        say_exception(build, &exception, caught);
}

/* Whether it is being thrown, for the first time or again. */
static bool is_thrown(struct build *build, const struct target_module *library)
{
    return is_in(build, library, "__cxa_throw") ||
           is_in(build, library, "__cxa_rethrow") ||
           is_in(build, library,
                 "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");
}

/* Functions of the library that abort for a reason of their own, and say so on
 * the standard error. */
static const char *own_reason(struct build *build,
                              const struct target_module *library)
{
    static const struct {
        const char *function;
        const char *words;
    } reasons[] = {
        {"__cxa_pure_virtual", "pure virtual function called"},
        {"__cxa_deleted_virtual", "deleted virtual function called"},
        {"_ZSt21__glibcxx_assert_failPKciS0_S0_", /* _GLIBCXX_ASSERTIONS */
         "a check of the C++ library failed"},
        {"_ZNK11__gnu_debug16_Error_formatter8_M_errorEv", /* _GLIBCXX_DEBUG */
         "a check of the C++ library failed"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++) {
        if (is_in(build, library, reasons[i].function))
            return reasons[i].words;
    }
    return NULL;
}

/* std::terminate was called. */
static void say_terminate(struct build *build,
                          const struct target_module *library)
{
    struct exception exception;
    bool caught = false;

    switch (exception_read(build->target, library,
                           build->box->crash.thread_pointer, &exception,
                           &caught)) {
    case EXCEPTION_FOUND:
        say_exception(build, &exception, caught && !is_thrown(build, library));
        return;
    case EXCEPTION_NONE:
        say(build, "std::terminate was called without an active exception");
        return;
    case EXCEPTION_UNKNOWN:
        say(build, "std::terminate was called");
        return;
    }
}

void build_abort(struct build *build)
{
    const struct box_crash *record = &build->box->crash;
    const struct target_module *library = find_library(build->target);
    siginfo_t info;

    memcpy(&info, record->siginfo, sizeof info);
    if (!build->report.crash || info.si_signo != SIGABRT ||
        record->abort_message[0])
        return;
    if (!library) {
        search_exception(build);
        return;
    }
    const char *reason = own_reason(build, library);
    if (reason) {
        say(build, reason);
    } else if (is_in(build, library, "_ZSt9terminatev") ||
               aborts_itself(build, library)) {
        say_terminate(build, library);
    }
}
