/*
 * Which Debian package would have a module's debug information: of the package
 * that owns it and of that one's source, the -dbg which the archive has
 * (libc6-dbg, python3.11-dbg), else PACKAGE-dbgsym of the debian-debug archive.
 * Asks dpkg-query and apt-cache, which read local files only. Context: tool.
 */
#ifndef INQUEST_REPORTER_DEBUG_PACKAGE_H
#define INQUEST_REPORTER_DEBUG_PACKAGE_H

#include <jansson.h>

#define DEBUG_PACKAGE_MODULES_MAX 200
#define DEBUG_PACKAGE_WAIT_MS     3000
#define DEBUG_PACKAGE_BYTES_MAX   (1u << 20) /* of an answer */

/*
 * modules: an array of paths. A new object {path: package} of those that a
 * package owns; empty without dpkg. Blocks, at most three times the time above.
 */
json_t *debug_packages(const json_t *modules);

#endif
