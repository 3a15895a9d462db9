/* Readable names. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_DEMANGLE_H
#define INQUEST_SYMBOLICATE_DEMANGLE_H

/* From malloc; NULL where name is not mangled by the Itanium C++ ABI. */
char *demangle(const char *name);

#endif
