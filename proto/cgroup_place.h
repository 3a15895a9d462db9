/*
 * Where the directory of a memory cgroup is, of version 1 or 2. What a mount
 * shows begins at its root, which /proc/self/mountinfo tells as a path of our
 * cgroup namespace, as /proc/self/cgroup does ours:
 *
 *     root        cgroup         below the mount
 *     /           /app           /app
 *     /docker/c1  /docker/c1/x   /x      a container without a namespace
 *     /           /              ""      one with a mount of its own
 *     /../..      /              nobody can tell: the mount is that of the
 *                                namespace outside, its root lies above ours
 *
 * cgroup_namespaces(7), proc(5). Context: any.
 */
#ifndef INQUEST_PROTO_CGROUP_PLACE_H
#define INQUEST_PROTO_CGROUP_PLACE_H

#include <stddef.h>

#include "proto/base/compiler.h"

#define CGROUP_DIRECTORY_BYTES 768
#define CGROUP_LINE_BYTES      4096 /* of mountinfo; longer ones are not read */
#define CGROUP_MOUNTS_MAX      32768 /* lines looked at */

struct cgroup_place {
    int version;        /* 1 or 2 */
    size_t mount_bytes; /* of directory: the mount point */
    char directory[CGROUP_DIRECTORY_BYTES];
};

/*
 * cgroup: the path from /proc/self/cgroup, "" for none. Everything is below
 * root_directory ("" for the machine's own). scratch is for the lines of a file
 * alone: the sampler has such a buffer, and a small stack. Fails with -ENOENT
 * where no mount shows that cgroup with its memory controller, or with what
 * mountinfo says.
 */
MUST_CHECK int cgroup_place_find(const char *root_directory, const char *cgroup,
                                 char scratch[CGROUP_LINE_BYTES],
                                 struct cgroup_place *ret_place);

/*
 * The path of the memory cgroup in text[size], the contents of a
 * /proc/PID/cgroup: "4:memory:/path" of version 1 outweighs "0::/path" of
 * version 2. Returns the version; 0 where there is no path, or none that fits:
 * ret_path is then "". Version 1 shows the root for who is a zombie.
 */
int cgroup_path_parse(const char *text, size_t size, char *ret_path,
                      size_t capacity);

#endif
