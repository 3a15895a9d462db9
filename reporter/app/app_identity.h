/*
 * What a program is called, and which version it is, when nobody said: name
 * and version of the note in its file (.note.package, systemd's "Package
 * Metadata for Executable Files"); else the file's name, and the version of
 * the Debian or RPM package that owns it (a package owns many programs, so its
 * name is not theirs); else the name, with the build-id for a version.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_APP_IDENTITY_H
#define INQUEST_REPORTER_APP_IDENTITY_H

#include "proto/base/compiler.h"

#define APP_NAME_BYTES     128
#define APP_VERSION_BYTES  64
#define APP_BUILD_ID_BYTES 129 /* 64 bytes in hexadecimal, with the NUL */
#define APP_NOTES_BYTES    65536
#define APP_RPM_SECONDS    5 /* for an answer of rpm(8) */

enum app_source { APP_BY_FILE, APP_BY_NOTE, APP_BY_DPKG, APP_BY_RPM };

struct app_identity {
    char name[APP_NAME_BYTES];
    char version[APP_VERSION_BYTES]; /* "" with APP_BY_FILE */
    char build_id[APP_BUILD_ID_BYTES];
    enum app_source source;
};

/*
 * Looks at path itself and at the package databases below root ("": the
 * machine's). Fails with -errno when there is no such file; a file that is no
 * ELF file has a name all the same.
 */
MUST_CHECK int app_identity_read(const char *root, const char *path,
                                 struct app_identity *ret_identity);

/*
 * The same, remembered in STATE/apps/ as long as the file does not change:
 * package databases are large.
 */
MUST_CHECK int app_identity_of(int state_fd, const char *path,
                               struct app_identity *ret_identity);

#endif
