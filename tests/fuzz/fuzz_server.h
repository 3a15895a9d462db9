/*
 * A collector in this process, open to all, on loopback and a database of its
 * own, with one report in it; kept for all inputs. Context: tool.
 */
#ifndef INQUEST_TESTS_FUZZ_FUZZ_SERVER_H
#define INQUEST_TESTS_FUZZ_FUZZ_SERVER_H

#include <stddef.h>

#define FUZZ_SERVER_ANSWER_S 10 /* no answer and no end by then is a hang */

/*
 * Sends the bytes and a last request over a connection of their own, ends its
 * own side, and reads until the server ends the other; what it said is not
 * looked at.
 */
void fuzz_server_exchange(const void *data, size_t size_bytes);

/* The group of the report that is there, as the addresses name it. */
const char *fuzz_server_group(void);

#endif
