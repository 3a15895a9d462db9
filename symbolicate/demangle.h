/* Readable names. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_DEMANGLE_H
#define INQUEST_SYMBOLICATE_DEMANGLE_H

/* From malloc; NULL where name is not mangled by the Itanium C++ ABI. */
char *demangle(const char *name);

/* Likewise a type as type_info names it: "St13runtime_error". */
char *demangle_type(const char *name);

#endif
