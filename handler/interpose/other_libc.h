/*
 * What musl does not have: its loader ends a program for want of one. Weak, so
 * that there the library loads, and does nothing (preload.c). Context: guest.
 */
#ifndef INQUEST_HANDLER_OTHER_LIBC_H
#define INQUEST_HANDLER_OTHER_LIBC_H

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <ucontext.h>

#pragma weak dlvsym
#pragma weak getcontext
#pragma weak gnu_get_libc_version
#pragma weak pthread_attr_getsigmask_np

#endif
