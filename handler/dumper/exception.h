/*
 * The C++ exception behind an abort, from the target's memory. Layouts: the
 * Itanium C++ ABI (exception handling 2.2, run-time type information 2.9.5)
 * and libstdc++'s std::logic_error and
 * std::runtime_error, which hold one pointer to their text; the thread's
 * exceptions by its dynamic thread vector (ELF Handling For Thread-Local
 * Storage, x86-64 local dynamic model). Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_EXCEPTION_H
#define INQUEST_HANDLER_DUMPER_EXCEPTION_H

#include "handler/dumper/target.h"

#define EXCEPTION_TYPE_BYTES    256
#define EXCEPTION_MESSAGE_BYTES 1024

struct exception {
    char type[EXCEPTION_TYPE_BYTES];       /* mangled, as type_info has it */
    char message[EXCEPTION_MESSAGE_BYTES]; /* what(); "" where not readable */
};

/*
 * The exception that a thread caught last: std::terminate catches an uncaught
 * one before it ends the program. library: the module that exports
 * __cxa_get_globals_fast; thread_pointer: of the thread (struct box_crash).
 * *ret_caught: a landing pad took it, of a catch or of a noexcept function.
 * EXCEPTION_UNKNOWN: its memory, or the way to it, is not there.
 */
enum exception_state { EXCEPTION_UNKNOWN, EXCEPTION_NONE, EXCEPTION_FOUND };

enum exception_state exception_read(struct target *target,
                                    const struct target_module *library,
                                    uint64_t thread_pointer,
                                    struct exception *ret_exception,
                                    bool *ret_caught);

/*
 * The same where libstdc++ is linked into the program and exports nothing: the
 * thread's static TLS is searched for a pointer to an exception of C++, known
 * by its class. *ret_caught: a landing pad was found for it. False: none.
 */
MUST_CHECK bool exception_search(struct target *target, uint64_t thread_pointer,
                                 struct exception *ret_exception,
                                 bool *ret_caught);

#endif
