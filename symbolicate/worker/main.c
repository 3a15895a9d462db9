/*
 * inquest-symbolicate-worker: reads the debug information of one module and
 * writes its symbol cache. It alone parses ELF and DWARF in full, limited in
 * memory and time by whoever starts it: a hostile file ends this process and
 * nothing else.
 *
 *     inquest-symbolicate-worker OUTPUT_FD MAIN DEBUG ALT [ADDRESS]
 *
 * MAIN, DEBUG and ALT (what dwz moved out) may be empty. With an
 * address, decimal, only what is around it is read. Context: tool.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <elfutils/libdwelf.h>

#include "proto/base/confine.h"
#include "proto/base/err.h"
#include "symbolicate/worker/build.h"
#include "symbolicate/worker/cache_write.h"

#define KEPT_BYTES (32 << 20) /* the most that mallopt(3) takes */

enum {
    ARGUMENT_FD = 1,
    ARGUMENT_MAIN,
    ARGUMENT_DEBUG,
    ARGUMENT_ALT,
    ARGUMENT_ADDRESS
};

struct module {
    struct elf_file main, debug, alt;
    struct symbol_table symbols;
    struct build build;
    struct answers answers;
    struct cache_header header;
    uint64_t address;
};

static struct module module = {
    .main = ELF_FILE_CLOSED,
    .debug = ELF_FILE_CLOSED,
    .alt = ELF_FILE_CLOSED,
};

static void open_file(const char *path, struct elf_file *file,
                      struct cache_source *source)
{
    struct stat status;

    if (*path == '\0' || elf_file_open(path, file) < 0 || !source)
        return;
    if (fstat(file->fd, &status) == 0) {
        source->size_bytes = (uint64_t)status.st_size;
        source->mtime_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000u +
                           (uint64_t)status.st_mtim.tv_nsec;
    }
}

static void set_build_id(Elf *elf)
{
    const void *bytes = NULL;
    ssize_t count = elf ? dwelf_elf_gnu_build_id(elf, &bytes) : 0;

    if (count > 0 && count <= CACHE_ID_BYTES) {
        memcpy(module.header.build_id, bytes, (size_t)count);
        module.header.build_id_bytes = (uint32_t)count;
    }
}

static int read_symbols(void)
{
    int r = 0;

    if (module.debug.elf)
        r = symbol_table_add(&module.symbols, &module.debug);
    if (r == 0 && module.main.elf)
        r = symbol_table_add(&module.symbols, &module.main);
    if (r == 0 && module.main.elf)
        r = symbol_table_add_plt(&module.symbols, &module.main);
    if (module.symbols.count > 0)
        module.header.flags |= CACHE_SYMTAB;
    return r;
}

/* PROGRAM.dwp, beside the module or its debug file. */
static void open_package(const char *path)
{
    char package[PATH_MAX];
    int size = snprintf(package, sizeof package, "%s" DWP_SUFFIX, path);

    if (*path != '\0' && size < (int)sizeof package && !module.build.package)
        DROP(dwp_open(package, &module.build.package)); /* most have none */
}

static int read_units(void)
{
    struct build *build = &module.build;

    build->file = module.debug.elf ? &module.debug : &module.main;
    build->alt = module.alt.elf ? &module.alt : NULL;
    elf_code_add(&build->selection.code,
                 module.main.elf ? module.main.elf : module.debug.elf);
    if (build->selection.address)
        module.header.flags |= CACHE_PARTIAL;
    int r = build_units(build);
    if (build->unit_count > 0)
        module.header.flags |= CACHE_DWARF;
    if (build->lacks_split)
        module.header.flags |= CACHE_NO_SPLIT;
    return r;
}

static int make(int fd)
{
    if (!module.main.elf && !module.debug.elf)
        return -ERR_FORMAT;
    set_build_id(module.main.elf ? module.main.elf : module.debug.elf);
    int r = read_symbols();
    if (r == 0)
        r = read_units();
    if (r == 0) {
        r = answers_make(&module.answers, module.build.pools, BUILD_THREADS_MAX,
                         &module.symbols);
    }
    return r < 0 ? r : cache_write(fd, &module.answers, module.header);
}

/* Tables double and leave holes that the next one fills: given back to the
 * kernel they would come again as faults, a tenth of a small module's time. */
static void keep_freed_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

int main(int argc, char **argv)
{
    if (argc < ARGUMENT_ADDRESS || argc > ARGUMENT_ADDRESS + 1) {
        fputs("inquest-symbolicate-worker is started by inquest-symbolicate\n",
              stderr);
        return EX_USAGE;
    }
    /* Without a filter it is no worse than its limits. */
    DROP(confine_self(CONFINE_BUILD));
    keep_freed_memory();
    open_file(argv[ARGUMENT_MAIN], &module.main, &module.header.main);
    open_file(argv[ARGUMENT_DEBUG], &module.debug, &module.header.debug);
    open_file(argv[ARGUMENT_ALT], &module.alt, NULL);
    open_package(argv[ARGUMENT_MAIN]);
    open_package(argv[ARGUMENT_DEBUG]);
    if (argc > ARGUMENT_ADDRESS) {
        module.address = strtoull(argv[ARGUMENT_ADDRESS], NULL, 10);
        module.build.selection.address = &module.address;
    }
    int r = make((int)strtol(argv[ARGUMENT_FD], NULL, 10));
    if (r < 0) {
        fprintf(stderr, "inquest-symbolicate-worker: %s\n", err_text(r));
        return r == -ENOMEM ? EX_OSERR : EX_DATAERR;
    }
    return EX_OK; /* the process's end frees faster than we could */
}
