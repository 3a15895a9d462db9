/* Readable names. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_DEMANGLE_H
#define INQUEST_SYMBOLICATE_DEMANGLE_H

#define DEMANGLE_BYTES_MAX 8192
#define DEMANGLE_TEXT_MAX  65536

/*
 * From malloc: C++ (Itanium ABI) and Rust, legacy and v0 (RFC 2603), by
 * libiberty. A suffix behind a full stop that the compiler added (.cold,
 * .part.0) becomes " [clone .cold]". NULL where name is not mangled, longer
 * than DEMANGLE_BYTES_MAX, or stands for more than DEMANGLE_TEXT_MAX. Any
 * thread, with that much stack.
 */
char *demangle(const char *name);

/* Likewise a type as type_info names it: "St13runtime_error". */
char *demangle_type(const char *name);

#endif
