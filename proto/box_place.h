/*
 * In which boot and which pid namespace a process counts. Raw system calls
 * only. Context: any.
 */
#ifndef INQUEST_PROTO_BOX_PLACE_H
#define INQUEST_PROTO_BOX_PLACE_H

#include "proto/box.h"

/* Of a file, a link to a namespace among them. 0: not known. */
uint64_t box_place_inode(const char *path);

/* Of the calling process: pid_namespaces(7), proc_sys_kernel(5). */
void box_place_read(struct box_place *ret_place);

#endif
