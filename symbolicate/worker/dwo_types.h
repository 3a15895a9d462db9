/*
 * A .dwo file of DWARF 5 by gcc has a section .debug_info.dwo for each type
 * unit and one for the program's unit. libdw reads the first of a name and no
 * other, and of compressed ones those by zlib. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_DWO_TYPES_H
#define INQUEST_SYMBOLICATE_WORKER_DWO_TYPES_H

#include "proto/base/compiler.h"

/*
 * Takes fd and returns it; where the file has type units or is compressed, a
 * memory file without and unpacked, as far as there can be one.
 */
MUST_CHECK int dwo_plain(int fd);

#endif
