/*
 * The server's log: one line an event, text or JSON.
 *
 * A line is made of a kind and fields; it is written whole with one write, so
 * lines of several threads never mix. Nothing of an image or a key is logged.
 */
#ifndef FOVEA_HTTP_HTTP_LOG_H
#define FOVEA_HTTP_HTTP_LOG_H

#include <pthread.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/macros.h"
#include "base/text.h"

enum fovea_http_log_format {
    FOVEA_HTTP_LOG_TEXT,
    FOVEA_HTTP_LOG_JSON, /* a line each */
};

struct fovea_http_log {
    enum fovea_http_log_format format;
    const char *path; /* NULL: stderr */
    int fd;
    bool is_torn;       /* its last line did not fit whole */
    pthread_mutex_t mu; /* over fd: reopening, and its lines */
};

/** Open path, or take stderr where it is NULL. */
FOVEA_NODISCARD enum fovea_status fovea_http_log_open(
        struct fovea_http_log *log, enum fovea_http_log_format format,
        const char *path, struct fovea_error *err);

/** Open the file anew, after somebody moved it away. The old one stays in use
 *  where that fails. */
FOVEA_NODISCARD enum fovea_status fovea_http_log_reopen(
        struct fovea_http_log *log, struct fovea_error *err);

void fovea_http_log_close(struct fovea_http_log *log);

/** A line that is being made. */
struct fovea_http_log_line {
    enum fovea_http_log_format format;
    struct fovea_text text;
};

/** level: "info", "warning", "error"; kind: "request", "worker", ...: static
 *  words. */
void fovea_http_log_begin(const struct fovea_http_log *log, const char *level,
        const char *kind, struct fovea_http_log_line *line);
void fovea_http_log_string(struct fovea_http_log_line *line, const char *name,
        const char *value);
void fovea_http_log_number(struct fovea_http_log_line *line, const char *name,
        int64_t value);
/** Milliseconds with a microsecond's precision. */
void fovea_http_log_time(struct fovea_http_log_line *line, const char *name,
        int64_t time_ns);
/** Write it; free it. */
void fovea_http_log_end(struct fovea_http_log *log,
        struct fovea_http_log_line *line);

/** A line with nothing but a message, as for printf. */
void fovea_http_log_say(struct fovea_http_log *log, const char *level,
        const char *kind, const char *format, ...) FOVEA_PRINTF(4, 5);

#endif
