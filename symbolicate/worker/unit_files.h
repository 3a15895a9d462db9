/* The files that a unit's lines and calls name by number. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_WORKER_UNIT_FILES_H
#define INQUEST_SYMBOLICATE_WORKER_UNIT_FILES_H

#include <elfutils/libdw.h>

/* Live as long as the Dwarf. */
struct unit_files {
    Dwarf_Files *files; /* NULL: none */
    size_t count;
};

/* None where the unit has no readable table. */
struct unit_files unit_files_of(Dwarf_Die *unit_die);

/* NULL where there is none of this number. */
const char *unit_files_path(const struct unit_files *files, uint64_t number);

#endif
