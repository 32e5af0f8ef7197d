/* One line an event: see http_log.h. */
#include "http/http_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"

/* Whether a file is empty or begins as a log of ours does, in either format;
   what is no regular file holds nothing that could be spoilt. */
static bool
may_be_a_log(int fd)
{
    static const char json[] = "{\"time\":\"";
    static const char text[] = "0000-00-00T00:00:00.000Z ";
    char head[sizeof text - 1] = "";
    struct stat facts;
    if (fstat(fd, &facts) || !S_ISREG(facts.st_mode) || facts.st_size == 0) {
        return true;
    }
    size_t n = 0;
    if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head) {
        return false;
    }
    while (n < sizeof head &&
            (text[n] == '0' ? head[n] >= '0' && head[n] <= '9'
                            : head[n] == text[n])) {
        n++;
    }
    return n == sizeof head || memcmp(head, json, sizeof json - 1) == 0;
}

static enum fovea_status
open_file(const char *path, int *fd_out, struct fovea_error *err)
{
    enum {
        MODE = 0640
    };
    FOVEA_AUTO_FD int fd = open(path,
            O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, MODE);
    if (fd < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the log %s cannot be opened", path);
    }
    if (!may_be_a_log(fd)) {
        return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                "--log-file: %s is there and is no log: nothing is added to "
                "it; remove it, or give another path",
                path);
    }
    *fd_out = fd;
    fd = -1;
    return FOVEA_OK;
}

enum fovea_status
fovea_http_log_open(struct fovea_http_log *log,
        enum fovea_http_log_format format, const char *path,
        struct fovea_error *err)
{
    *log = (struct fovea_http_log){ .format = format,
        .path = path,
        .fd = STDERR_FILENO };
    enum fovea_status status = path ? open_file(path, &log->fd, err) : FOVEA_OK;
    if (!status) {
        (void)pthread_mutex_init(&log->mu, NULL);
    }
    return status;
}

enum fovea_status
fovea_http_log_reopen(struct fovea_http_log *log, struct fovea_error *err)
{
    int fd = -1;
    enum fovea_status status =
            log->path ? open_file(log->path, &fd, err) : FOVEA_OK;
    if (fd < 0) {
        return status;
    }
    (void)pthread_mutex_lock(&log->mu);
    int old = log->fd;
    log->fd = fd;
    log->is_torn = false;
    (void)pthread_mutex_unlock(&log->mu);
    (void)close(old);
    return FOVEA_OK;
}

void
fovea_http_log_close(struct fovea_http_log *log)
{
    if (log->path) {
        (void)close(log->fd);
    }
    (void)pthread_mutex_destroy(&log->mu);
}

static void
add_now(struct fovea_text *text)
{
    struct timespec now = { 0 };
    struct tm parts = { 0 };
    char date[32] = "";
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    fovea_text_format(text, "%s.%03ldZ", date,
            now.tv_nsec / (long)FOVEA_NS_PER_MS);
}

void
fovea_http_log_begin(const struct fovea_http_log *log, const char *level,
        const char *kind, struct fovea_http_log_line *line)
{
    *line = (struct fovea_http_log_line){ .format = log->format };
    if (log->format == FOVEA_HTTP_LOG_JSON) {
        fovea_text_format(&line->text, "{\"time\":\"");
        add_now(&line->text);
        fovea_text_format(&line->text, "\",\"level\":\"%s\",\"event\":\"%s\"",
                level, kind);
        return;
    }
    add_now(&line->text);
    fovea_text_format(&line->text, " %s %s", level, kind);
}

static void
add_name(struct fovea_http_log_line *line, const char *name)
{
    fovea_text_format(&line->text,
            line->format == FOVEA_HTTP_LOG_JSON ? ",\"%s\":" : " %s=", name);
}

/* Whether a text value can stand without quotes. */
static bool
is_plain(const char *value)
{
    const char *at = value;
    while (*at > ' ' && *at < 0x7f && *at != '"' && *at != '=') {
        at++;
    }
    return *at == '\0' && at > value;
}

void
fovea_http_log_string(struct fovea_http_log_line *line, const char *name,
        const char *value)
{
    add_name(line, name);
    if (line->format == FOVEA_HTTP_LOG_TEXT && is_plain(value)) {
        fovea_text_format(&line->text, "%s", value);
    } else {
        fovea_text_json_string(&line->text, value);
    }
}

void
fovea_http_log_number(struct fovea_http_log_line *line, const char *name,
        int64_t value)
{
    add_name(line, name);
    fovea_text_format(&line->text, "%" PRId64, value);
}

void
fovea_http_log_time(struct fovea_http_log_line *line, const char *name,
        int64_t time_ns)
{
    add_name(line, name);
    fovea_text_format(&line->text, "%.3f",
            (double)time_ns / (double)FOVEA_NS_PER_MS);
}

/* Write a line. A log that cannot be written has nobody to be told to; a line
   of which only a part could be (a full disk) is not continued by the next. */
static void
put(struct fovea_http_log *log, const char *line, size_t size)
{
    if (log->is_torn && write(log->fd, "\n", 1) != 1) {
        return;
    }
    size_t done = 0;
    ssize_t n = 1;
    while (done < size && (n > 0 || (n < 0 && errno == EINTR))) {
        n = write(log->fd, line + done, size - done);
        done += n > 0 ? (size_t)n : 0;
    }
    log->is_torn = done > 0 && done < size;
}

void
fovea_http_log_end(struct fovea_http_log *log, struct fovea_http_log_line *line)
{
    struct fovea_text *text = &line->text;
    fovea_text_format(text, line->format == FOVEA_HTTP_LOG_JSON ? "}\n" : "\n");
    if (!fovea_text_failed(text)) {
        (void)pthread_mutex_lock(&log->mu);
        put(log, text->data, text->size);
        (void)pthread_mutex_unlock(&log->mu);
    }
    fovea_text_finish(text);
}

void
fovea_http_log_say(struct fovea_http_log *log, const char *level,
        const char *kind, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct fovea_http_log_line line;
    fovea_http_log_begin(log, level, kind, &line);
    fovea_http_log_string(&line, "message", message);
    fovea_http_log_end(log, &line);
}
