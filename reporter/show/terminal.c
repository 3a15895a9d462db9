/* Size of a terminal, and text that fits. Context: tool. */
#include "reporter/show/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define WIDTH_MAX 10000

unsigned terminal_width(int fd)
{
    struct winsize size = {0};

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;
    return width > 0 && width < WIDTH_MAX ? (unsigned)width
                                          : TERMINAL_WIDTH_DEFAULT;
}

bool terminal_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

size_t terminal_fit(const char *text, size_t columns)
{
    size_t size = 0;

    for (; text[size] != '\0'; size++) {
        if (((unsigned char)text[size] & 0xc0) != 0x80 && columns-- == 0)
            break; /* a character begins that has no room */
    }
    return size;
}

void terminal_wrap(FILE *out, const char *text, unsigned column, unsigned width)
{
    unsigned at = column;

    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        if (at > column && at + 1 + size > width) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, size, out);
        at += (unsigned)size;
        text += size + strspn(text + size, " ");
    }
    fputc('\n', out);
}
