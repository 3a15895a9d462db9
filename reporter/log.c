/* Lines on stderr. Context: tool. */
#include "reporter/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "reporter/upload/progress.h"

#define LINE_BYTES 1024

static enum log_level limit = LOG_INFO;

void log_set_level(enum log_level level)
{
    limit = level;
}

/* What came from elsewhere (names, answers) gives no orders to a terminal. */
static void make_printable(char *line, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)line[i];
        /* U+0080 to U+009F are controls too: 0xc2 0x80 to 0xc2 0x9f. */
        bool second = i > 0 && (unsigned char)line[i - 1] == 0xc2 &&
                      byte >= 0x80 && byte <= 0x9f;
        if (byte < ' ' || byte == 0x7f || second)
            line[i] = '?';
    }
}

/* One write a line, so that lines of several processes do not mix. */
static __attribute__((format(printf, 3, 0))) void say(enum log_level level,
                                                      const char *word,
                                                      const char *format,
                                                      va_list arguments)
{
    char line[LINE_BYTES];

    if (level > limit)
        return;
    int size = snprintf(line, sizeof line, "inquest: %s", word);
    size +=
        vsnprintf(line + size, sizeof line - (size_t)size, format, arguments);
    if (size < 0 || size > LINE_BYTES - 2)
        size = LINE_BYTES - 2;
    make_printable(line, (size_t)size);
    line[size++] = '\n';
    progress_hide();
    DROP(write(STDERR_FILENO, line, (size_t)size)); /* nowhere else to say it */
}

void log_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(LOG_ERROR, "error: ", format, arguments);
    va_end(arguments);
}

void log_warn(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(LOG_WARN, "warning: ", format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(LOG_INFO, "", format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(LOG_DEBUG, "", format, arguments);
    va_end(arguments);
}
