/* Messages. They may be written from the SIGSEGV handler, so: no stdio, no malloc, one write(2) for each. */
#define _GNU_SOURCE
#include "mpxrt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 1536 };

static struct {
    int fd;
    int written;
    char file[LINE_BYTES]; /* empty: not a file of ours */
} streams[2] = { [STREAM_ERRORS] = { .fd = STDERR_FILENO }, [STREAM_OUTPUT] = { .fd = MPXRT_OUTPUT_FD } };

struct line {
    char text[LINE_BYTES];
    size_t length;
};

static void put_string(struct line *line, const char *text)
{
    while (*text && line->length < sizeof line->text)
        line->text[line->length++] = *text++;
}

static void put_number(struct line *line, unsigned long value, unsigned base)
{
    char digits[24];
    size_t at = sizeof digits;

    digits[--at] = '\0';
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    put_string(line, digits + at);
}

void mpxrt_say(enum level level, enum stream stream, const char *format, ...)
{
    struct line line = { .length = 0 };
    int saved_errno = errno;
    va_list values;

    if (level > mpxrt_options.verbose)
        return;
    va_start(values, format);
    for (; *format; format++) {
        if (*format != '%') {
            char one[2] = { *format, '\0' };
            put_string(&line, one);
            continue;
        }
        switch (*++format) {
        case 's':
            put_string(&line, va_arg(values, const char *));
            break;
        case 'd': {
            long value = va_arg(values, long);
            if (value < 0)
                put_string(&line, "-");
            put_number(&line, value < 0 ? 0ul - (unsigned long)value : (unsigned long)value, 10);
            break;
        }
        case 'u':
            put_number(&line, va_arg(values, unsigned long), 10);
            break;
        case 'x':
            put_string(&line, "0x");
            put_number(&line, va_arg(values, unsigned long), 16);
            break;
        }
    }
    va_end(values);

    const char *rest = line.text;
    size_t left = line.length;
    while (left > 0) {
        ssize_t done = write(streams[stream].fd, rest, left);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        rest += done;
        left -= (size_t)done;
    }
    streams[stream].written = 1;
    errno = saved_errno;
}

int mpxrt_open_stream(enum stream stream, const char *name, int add_pid)
{
    struct line path = { .length = 0 };
    const enum stream other = stream == STREAM_OUTPUT ? STREAM_ERRORS : STREAM_OUTPUT;

    if (strcmp(name, "stdout") == 0 || strcmp(name, "stderr") == 0) {
        streams[stream].fd = name[3] == 'o' ? STDOUT_FILENO : STDERR_FILENO;
        return 0;
    }
    put_string(&path, name);
    if (add_pid) {
        put_string(&path, ".");
        put_number(&path, (unsigned long)getpid(), 10);
    }
    if (path.length >= sizeof path.text)
        return -1;
    path.text[path.length] = '\0';

    if (strcmp(path.text, streams[other].file) == 0) { /* both in one file */
        streams[stream].fd = streams[other].fd;
        return 0;
    }
    int fd = open(path.text, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    streams[stream].fd = fd;
    memcpy(streams[stream].file, path.text, path.length + 1);
    return 0;
}

void mpxrt_close_streams(void)
{
    for (int i = 0; i < 2; i++) {
        int written = streams[i].written || (streams[0].fd == streams[1].fd && streams[1 - i].written);
        if (streams[i].file[0] && !written)
            unlink(streams[i].file);
    }
}
