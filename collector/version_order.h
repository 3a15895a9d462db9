/*
 * The order of version numbers: runs of digits by value, letters by code; what
 * follows '~', and "-rc", "-beta", "-alpha", "-pre", "-dev" come before the
 * version itself (1.0-rc1 < 1.0 < 1.0.1 < 1.10). Pure. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_VERSION_ORDER_H
#define INQUEST_COLLECTOR_VERSION_ORDER_H

/* Negative, 0 or positive, as strcmp. */
int version_compare(const char *a, const char *b);

#endif
