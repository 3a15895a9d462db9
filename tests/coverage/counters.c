/*
 * Which edges of a program were taken, for ./dev coverage: linked into every
 * module that clang instruments (trace-pc-guard, pc-table). A byte an edge, in
 * a file that all processes of a module map, so that what runs until SIGKILL
 * or inside a signal handler counts too.
 *
 *     COVERAGE_DIR/BUILDID    8 bytes an edge: its address in the module
 *                             1 byte an edge:  taken
 *
 * Raw system calls alone: the guest's constructors run before libc is ready.
 * Context: any.
 */
#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "proto/base/sys.h"

#define PATH_BYTES 512
#define FILE_MODE  0666 /* tests run programs as nobody too */

/* The module's own header. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static uint8_t *taken; /* NULL: not counted */
static uint64_t *addresses;
static size_t edges;

/* What the compiler calls. */
void __sanitizer_cov_trace_pc_guard_init(uint32_t *begin, uint32_t *end);
void __sanitizer_cov_trace_pc_guard(const uint32_t *guard);
void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end);

static const Elf64_Phdr *segments(void)
{
    return (const void *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);
}

/* What its addresses are higher by than the file says. */
static uintptr_t load_bias(void)
{
    for (size_t i = 0; i < __ehdr_start.e_phnum; i++) {
        if (segments()[i].p_type == PT_LOAD)
            return (uintptr_t)&__ehdr_start - segments()[i].p_vaddr;
    }
    return (uintptr_t)&__ehdr_start;
}

/* Appends the build-id in one segment of notes, in hexadecimal. */
static char *append_build_id(const Elf64_Phdr *notes, char *to)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = (const char *)(load_bias() + notes->p_vaddr);
    const char *end = at + notes->p_memsz;

    while (at + sizeof(Elf64_Nhdr) <= end) {
        const Elf64_Nhdr *note = (const void *)at;
        const uint8_t *id =
            (const uint8_t *)(note + 1) + ((note->n_namesz + 3) & ~3u);
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4) {
            for (size_t i = 0; i < note->n_descsz && i < 20; i++) {
                *to++ = digits[id[i] >> 4];
                *to++ = digits[id[i] & 15];
            }
            return to;
        }
        at = (const char *)id + ((note->n_descsz + 3) & ~3u);
    }
    return to;
}

static void map(void)
{
    char path[PATH_BYTES] = COVERAGE_DIR "/";
    char *end = path + sizeof COVERAGE_DIR;
    size_t size = edges * (sizeof *addresses + sizeof *taken);

    for (size_t i = 0; i < __ehdr_start.e_phnum; i++) {
        if (segments()[i].p_type == PT_NOTE && *end == '\0')
            (void)append_build_id(&segments()[i], end);
    }
    long fd = sys_call4(SYS_openat, AT_FDCWD, (long)path,
                        O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (*end == '\0' || fd < 0)
        return;
    (void)sys_call2(SYS_fchmod, fd, FILE_MODE);
    /* With its blocks: on a full disk a store would be a SIGBUS. */
    long at = sys_call4(SYS_fallocate, fd, 0, 0, (long)size);
    if (at == 0) {
        at = sys_call6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
                       MAP_SHARED, fd, 0);
    }
    (void)sys_call1(SYS_close, fd);
    if (at > -4096 && at <= 0)
        return;
    addresses = (uint64_t *)at;
    taken = (uint8_t *)(addresses + edges);
}

/* Every object calls it, with the edges of the whole module. */
void __sanitizer_cov_trace_pc_guard_init(uint32_t *begin, uint32_t *end)
{
    if (begin == end || *begin != 0)
        return;
    edges = (size_t)(end - begin);
    for (uint32_t i = 0; i < edges; i++)
        begin[i] = i + 1;
    map();
}

void __sanitizer_cov_trace_pc_guard(const uint32_t *guard)
{
    if (taken && *guard != 0 && !taken[*guard - 1])
        taken[*guard - 1] = 1;
}

/* Pairs of address and flags, in the order of the guards. */
void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end)
{
    if (!taken || (size_t)(end - begin) != 2 * edges)
        return;
    for (size_t i = 0; i < edges; i++)
        addresses[i] = begin[2 * i] - load_bias();
}
