/*
 * What a seccomp filter would do to us. A program that is about to install one
 * shows it to us; our crash path must not make a system call that the filter
 * answers with a signal, for the program would die of another one.
 * Filters are classic BPF over struct seccomp_data (seccomp(2), bpf in
 * linux/filter.h). Context: any.
 */
#ifndef INQUEST_HANDLER_SANDBOX_FILTER_H
#define INQUEST_HANDLER_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#define SANDBOX_STEPS_MAX BPF_MAXINSNS

/*
 * The filter's answer (SECCOMP_RET_…, with its data) to one system call. A
 * program that the kernel would refuse, or that runs on for ever, answers
 * SECCOMP_RET_KILL_PROCESS.
 */
uint32_t sandbox_filter_run(const struct sock_fprog *program,
                            const struct seccomp_data *data);

/* Whether tier 2 and the death itself get by: no signal, no tracer. */
bool sandbox_filter_spares_crash(const struct sock_fprog *program);

/*
 * Whether it has an answer that ends the thread alone (SECCOMP_RET_KILL_THREAD,
 * libseccomp's SCMP_ACT_KILL): the process ends with its last one, so ours must
 * not be there.
 */
bool sandbox_filter_may_end_thread(const struct sock_fprog *program);

/* Whether getpid does; unlinkat, with which a clean end removes the box. */
bool sandbox_filter_spares_getpid(const struct sock_fprog *program);
bool sandbox_filter_spares_unlink(const struct sock_fprog *program);

#endif
