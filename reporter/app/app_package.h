/*
 * The package that owns a file. Context: tool.
 */
#ifndef INQUEST_REPORTER_APP_PACKAGE_H
#define INQUEST_REPORTER_APP_PACKAGE_H

#include "proto/base/compiler.h"
#include "reporter/app/app_identity.h"

/*
 * The version from dpkg's database below root (dpkg-query(1): info/ and
 * status). Fails with -ERR_NOT_FOUND.
 */
MUST_CHECK int app_package_dpkg(const char *root, const char *path,
                                struct app_identity *identity);

/* The same by asking rpm(8), where there is one; waits for it, bounded. */
MUST_CHECK int app_package_rpm(const char *path, struct app_identity *identity);

#endif
