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

static void say_exception(struct build *build,
                          const struct exception *exception)
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
    (void)snprintf(sentence, sizeof sentence, "uncaught exception%s%s",
                   *exception->message ? ": " : "", exception->message);
    say(build, sentence);
}

void build_abort(struct build *build)
{
    const struct box_crash *record = &build->box->crash;
    const struct target_module *library = find_library(build->target);
    struct exception exception;
    siginfo_t info;

    memcpy(&info, record->siginfo, sizeof info);
    if (!library || !build->report.crash || info.si_signo != SIGABRT ||
        record->abort_message[0])
        return;
    if (is_in(build, library, "__cxa_pure_virtual")) {
        say(build, "pure virtual function called");
        return;
    }
    if (is_in(build, library, "__cxa_deleted_virtual")) {
        say(build, "deleted virtual function called");
        return;
    }
    if (!is_in(build, library, "_ZSt9terminatev") &&
        !aborts_itself(build, library))
        return;
    switch (exception_read(build->target, library, record->thread_pointer,
                           &exception)) {
    case EXCEPTION_FOUND:
        say_exception(build, &exception);
        return;
    case EXCEPTION_NONE:
        say(build, "std::terminate was called without an active exception");
        return;
    case EXCEPTION_UNKNOWN:
        say(build, "std::terminate was called");
        return;
    }
}
