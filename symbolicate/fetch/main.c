/*
 * inquest-symbolicate-fetch: asks debuginfod servers for one debug file, by
 * libdebuginfod, and says how far it is. A process of its own, because name
 * look-ups, TLS and slow servers block for as long as they like, and whoever
 * started it can end it at any moment.
 *
 *     inquest-symbolicate-fetch BUILD-ID
 *
 * The environment says where to ask and where to put the file (debuginfod
 * (8)). Standard output: "BYTES TOTAL" a line (0 for a total that is not
 * known), then "path PATH" or "error NUMBER". Context: tool.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include <elfutils/debuginfod.h>

/* Before a server has begun to send, libdebuginfod counts its turns. */
static int say_progress(debuginfod_client *client, long bytes, long total)
{
    bool sending = debuginfod_get_url(client) != NULL;

    printf("%ld %ld\n", sending && bytes > 0 ? bytes : 0,
           sending && total > 0 ? total : 0);
    return fflush(stdout) == 0 ? 0 : 1; /* nobody listens: stop */
}

int main(int argc, char **argv)
{
    char *path = NULL;

    if (argc != 2) {
        fputs("inquest-symbolicate-fetch is started by inquest-symbolicate\n",
              stderr);
        return EX_USAGE;
    }
    debuginfod_client *client = debuginfod_begin();
    if (!client)
        return EX_OSERR;
    debuginfod_set_progressfn(client, say_progress);
    int fd = debuginfod_find_debuginfo(client, (const unsigned char *)argv[1],
                                       0, &path);
    if (fd >= 0) {
        printf("path %s\n", path);
    } else {
        printf("error %d\n", -fd);
    }
    free(path);
    debuginfod_end(client);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
