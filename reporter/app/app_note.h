/*
 * The ELF notes that tell who a program is. Context: tool.
 */
#ifndef INQUEST_REPORTER_APP_NOTE_H
#define INQUEST_REPORTER_APP_NOTE_H

#include "proto/base/compiler.h"
#include "reporter/app/app_identity.h"

#define APP_NOTE_SEGMENTS_MAX 64
#define APP_NOTES_MAX         256

/*
 * Fills what the notes of the open file say: the build-id (NT_GNU_BUILD_ID),
 * and name and version where it has a package note. Fails with -ERR_FORMAT
 * when it is no 64-bit ELF file of this byte order.
 */
MUST_CHECK int app_note_read(int fd, struct app_identity *identity);

#endif
