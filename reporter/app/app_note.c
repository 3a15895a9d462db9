/* ELF notes: elf(5), and the specification "Package Metadata". Context: tool.
 */
#include "reporter/app/app_note.h"

#include <elf.h>
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fmt.h"
#include "proto/base/span.h"

#define PACKAGE_OWNER "FDO"
#define PACKAGE_TYPE  0xcafe1a7eu
#define GNU_OWNER     "GNU"
#define NOTE_ALIGN    4

/* {"name": "coreutils", "version": "9.1-1", …} */
static void take_package(struct span json, struct app_identity *identity)
{
    size_t size = strnlen((const char *)json.data, json.size_bytes);
    json_t *note = json_loadb((const char *)json.data, size, 0, NULL);
    const char *name = json_string_value(json_object_get(note, "name"));
    const char *version = json_string_value(json_object_get(note, "version"));

    if (name && *name && version && *version) {
        snprintf(identity->name, sizeof identity->name, "%s", name);
        snprintf(identity->version, sizeof identity->version, "%s", version);
        identity->source = APP_BY_NOTE;
    }
    json_decref(note);
}

static void take_build_id(struct span id, struct app_identity *identity)
{
    struct text text = text_init(identity->build_id, sizeof identity->build_id);

    for (size_t i = 0; i < id.size_bytes && i < 64; i++)
        text_append_hex(&text, id.data[i], 2);
}

static void take_note(const Elf64_Nhdr *head, const uint8_t *owner,
                      struct span content, struct app_identity *identity)
{
    if (head->n_namesz != sizeof GNU_OWNER)
        return;
    if (head->n_type == NT_GNU_BUILD_ID &&
        memcmp(owner, GNU_OWNER, sizeof GNU_OWNER) == 0)
        take_build_id(content, identity);
    if (head->n_type == PACKAGE_TYPE &&
        memcmp(owner, PACKAGE_OWNER, sizeof PACKAGE_OWNER) == 0)
        take_package(content, identity);
}

static uint64_t aligned(uint64_t size)
{
    return (size + NOTE_ALIGN - 1) & ~(uint64_t)(NOTE_ALIGN - 1);
}

static void walk_notes(struct span notes, struct app_identity *identity)
{
    Elf64_Nhdr head;

    for (int i = 0; i < APP_NOTES_MAX && notes.size_bytes > sizeof head; i++) {
        memcpy(&head, notes.data, sizeof head);
        uint64_t content = sizeof head + aligned(head.n_namesz);
        uint64_t end = content + aligned(head.n_descsz);
        if (content + head.n_descsz > notes.size_bytes)
            return;
        take_note(&head, notes.data + sizeof head,
                  (struct span){notes.data + content, head.n_descsz}, identity);
        end = end < notes.size_bytes ? end : notes.size_bytes;
        notes = (struct span){notes.data + end, notes.size_bytes - end};
    }
}

static bool is_ours(const Elf64_Ehdr *head)
{
    return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
           head->e_ident[EI_CLASS] == ELFCLASS64 &&
           head->e_ident[EI_DATA] == ELFDATA2LSB &&
           head->e_phentsize == sizeof(Elf64_Phdr) &&
           head->e_phnum <= APP_NOTE_SEGMENTS_MAX;
}

int app_note_read(int fd, struct app_identity *identity)
{
    static uint8_t notes[APP_NOTES_BYTES];
    Elf64_Phdr segments[APP_NOTE_SEGMENTS_MAX];
    Elf64_Ehdr head;

    if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head ||
        !is_ours(&head))
        return -ERR_FORMAT;
    const size_t bytes = head.e_phnum * sizeof *segments;
    if (pread(fd, segments, bytes, (off_t)head.e_phoff) != (ssize_t)bytes)
        return -ERR_FORMAT;
    for (size_t i = 0; i < head.e_phnum; i++) {
        if (segments[i].p_type != PT_NOTE)
            continue;
        size_t size = segments[i].p_filesz < sizeof notes
                          ? (size_t)segments[i].p_filesz
                          : sizeof notes;
        ssize_t read = pread(fd, notes, size, (off_t)segments[i].p_offset);
        if (read > 0)
            walk_notes((struct span){notes, (size_t)read}, identity);
    }
    return 0;
}
