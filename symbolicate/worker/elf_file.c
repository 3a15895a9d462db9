/* Opening; sections. Context: tool. */
#include "symbolicate/worker/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "symbolicate/worker/elf_image.h"

int elf_file_open_memory(void *bytes, size_t size, struct elf_file *ret_file)
{
    (void)elf_version(EV_CURRENT);
    Elf *elf = elf_memory(bytes, size);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        (void)elf_end(elf);
        return -ERR_FORMAT;
    }
    *ret_file = (struct elf_file){.fd = -1, .elf = elf};
    return 0;
}

int elf_file_open(const char *path, struct elf_file *ret_file)
{
    (void)elf_version(EV_CURRENT);
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct elf_file file = {
        .fd = -1,
        .elf = elf_begin(fd, ELF_C_READ_MMAP, NULL),
    };
    int r = 0;
    if (!file.elf || elf_kind(file.elf) != ELF_K_ELF) {
        r = -ERR_FORMAT;
    } else if (elf_image_is_needed(file.elf)) {
        r = elf_image_make(&file);
    }
    if (r < 0) {
        elf_file_close(&file);
        return r;
    }
    file.fd = fd_take(&fd);
    *ret_file = file;
    return 0;
}

void elf_file_close(struct elf_file *file)
{
    (void)elf_end(file->elf); /* accepts NULL */
    if (file->image)
        munmap(file->image, file->image_bytes);
    fd_close(&file->fd);
    *file = (struct elf_file)ELF_FILE_CLOSED;
}

Elf_Scn *elf_file_section(Elf *elf, const char *name, GElf_Shdr *ret_header)
{
    size_t names = 0;

    if (elf_getshdrstrndx(elf, &names) != 0)
        return NULL;
    for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at));) {
        const char *found = gelf_getshdr(at, ret_header)
                                ? elf_strptr(elf, names, ret_header->sh_name)
                                : NULL;
        if (found && strcmp(found, name) == 0)
            return at;
    }
    return NULL;
}

void elf_code_add(struct elf_code *code, Elf *elf)
{
    GElf_Shdr header;

    for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at));) {
        uint64_t end;
        if (!gelf_getshdr(at, &header) || header.sh_size == 0 ||
            !(header.sh_flags & SHF_EXECINSTR) ||
            !(header.sh_flags & SHF_ALLOC) || code->count == ELF_CODE_MAX ||
            __builtin_add_overflow(header.sh_addr, header.sh_size, &end))
            continue;
        code->at[code->count].begin = header.sh_addr;
        code->at[code->count++].end = end;
    }
}

bool elf_code_has(const struct elf_code *code, uint64_t begin, uint64_t end)
{
    for (size_t i = 0; i < code->count; i++) {
        if (begin >= code->at[i].begin && end <= code->at[i].end)
            return true;
    }
    return false;
}
