/*
 * Preloaded into a program of ours: the Nth allocation fails. What inject
 * cannot do, because malloc asks the kernel rarely.
 *
 *     FAIL_NTH_PROGRAM   name of the program that counts
 *     FAIL_NTH           which, from 1; 0: only count
 *     FAIL_NTH_ON        that one and all later ones
 *     FAIL_NTH_COUNT     a file of two 64-bit numbers: seen, failed
 *
 * Only allocations asked for by the program itself and by the libraries named
 * below: what curl and openssl do without memory is not ours to mend.
 * Context: tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RANGES_MAX 32

/* glibc's own, under the names it keeps for replacements of malloc. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

struct range {
    uintptr_t begin;
    uintptr_t end;
};

static struct range ranges[RANGES_MAX];
static int range_count;
static uint64_t nth;
static bool and_on;
static uint64_t *counts; /* shared with the driver; NULL: not our program */

static bool is_counted(const char *path)
{
    static const char *const names[] = {"/libjansson", "/libprotobuf-c",
                                        "/libc.so"};

    if (path[0] == '\0') /* the program */
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strstr(path, names[i]))
            return true;
    }
    return false;
}

static int add_ranges(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    if (!is_counted(info->dlpi_name))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) ||
            range_count == RANGES_MAX)
            continue;
        uintptr_t begin = info->dlpi_addr + header->p_vaddr;
        ranges[range_count++] = (struct range){begin, begin + header->p_memsz};
    }
    return 0;
}

__attribute__((constructor)) static void prepare(void)
{
    const char *program = getenv("FAIL_NTH_PROGRAM");
    const char *path = getenv("FAIL_NTH_COUNT");
    const char *number = getenv("FAIL_NTH");

    if (!program || !path || !number ||
        strcmp(program, program_invocation_short_name) != 0)
        return;
    /* glibc's NSS follows a null pointer when its first allocation fails
     * (nss_database_check_reload_and_get): it has it before. */
    (void)getpwuid(getuid());
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED
                      : mmap(NULL, 2 * sizeof *counts, PROT_READ | PROT_WRITE,
                             MAP_SHARED, fd, 0);
    if (fd >= 0)
        (void)close(fd);
    if (at == MAP_FAILED)
        return;
    (void)dl_iterate_phdr(add_ranges, NULL);
    nth = strtoull(number, NULL, 10);
    and_on = getenv("FAIL_NTH_ON") != NULL;
    counts = at;
}

static bool fails(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;
    bool counted = false;

    for (int i = 0; counts && i < range_count && !counted; i++)
        counted = address >= ranges[i].begin && address < ranges[i].end;
    if (!counted)
        return false;
    uint64_t hit = __atomic_add_fetch(&counts[0], 1, __ATOMIC_RELAXED);
    if (nth == 0 || (and_on ? hit < nth : hit != nth))
        return false;
    __atomic_add_fetch(&counts[1], 1, __ATOMIC_RELAXED);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL
                                              : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL
                                              : __libc_realloc(memory, size);
}
