/*
 * What we ask of the compiler: checked results, cleanup, hidden symbols.
 * Context: any.
 */
#ifndef INQUEST_PROTO_BASE_COMPILER_H
#define INQUEST_PROTO_BASE_COMPILER_H

#define MUST_CHECK        __attribute__((warn_unused_result))
#define CLEANUP(f)        __attribute__((cleanup(f)))
#define EXPORT            __attribute__((visibility("default")))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define UNUSED            __attribute__((unused))

/*
 * Large and seldom used: behind all else of the library, whose other variables
 * then share one page, that of its data. A page a host touches at its start is
 * a fault and 4 KiB of its own. --sort-section=name of the linker does it.
 */
#define FAR_BEHIND __attribute__((section(".bss.far_behind")))

/* Drops the result of a MUST_CHECK call on purpose; say why beside it. */
#define DROP(call) ((void)!(call))

/* Built with a sanitizer, whose shadow memory takes terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif
