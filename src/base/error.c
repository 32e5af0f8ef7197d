/* The error record and the status table. See error.h and fovea/status.h. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

struct status_row {
    enum fovea_status status;
    const char *name;
    const char *text;
    int http;
    int exit_code;
    bool retryable;
};

static const struct status_row status_rows[] = {
#define X(enumerator, value, string, sentence, http_code, exit, retry) \
    { FOVEA_##enumerator, string, sentence, http_code, exit, retry },
#include "fovea/status.def"
#undef X
};

static const struct status_row *
status_find(enum fovea_status status)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(status_rows); i++) {
        if (status_rows[i].status == status) {
            return &status_rows[i];
        }
    }
    return NULL;
}

const char *
fovea_status_name(enum fovea_status status)
{
    const struct status_row *row = status_find(status);
    return row ? row->name : "unknown";
}

const char *
fovea_status_text(enum fovea_status status)
{
    const struct status_row *row = status_find(status);
    return row ? row->text : "unknown status";
}

int
fovea_status_http(enum fovea_status status)
{
    const struct status_row *row = status_find(status);
    return row ? row->http : 500;
}

int
fovea_status_exit_code(enum fovea_status status)
{
    const struct status_row *row = status_find(status);
    return row ? row->exit_code : 1;
}

bool
fovea_status_retryable(enum fovea_status status)
{
    const struct status_row *row = status_find(status);
    return row && row->retryable;
}

enum fovea_status
fovea_fail(struct fovea_error *err, enum fovea_status code, const char *format,
        ...)
{
    if (err) {
        err->code = code;
        err->sys_errno = 0;
        err->notes = 0;
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(err->message, sizeof err->message, format, arguments);
        va_end(arguments);
        fovea_utf8_make_line(err->message);
    }
    return code;
}

/* What is behind says why: what is before it gives way, down to half. */
static void
add_behind(struct fovea_error *err, const char *text)
{
    static const char cut[] = "...";
    const size_t half = sizeof err->message / 2;
    size_t size = strlen(text) + sizeof ": ";
    size_t room = size < half ? sizeof err->message - size : half;
    size_t used = strlen(err->message);
    if (used > room) {
        used = room;
        memcpy(err->message + used - strlen(cut), cut, strlen(cut));
    }
    size_t left = sizeof err->message - used; /* 3 or more */
    (void)snprintf(err->message + used, left, ": %.*s", (int)(left - 3), text);
    fovea_utf8_make_line(err->message);
}

enum fovea_status
fovea_fail_errno(struct fovea_error *err, enum fovea_status code, int sys_errno,
        const char *format, ...)
{
    if (err) {
        err->code = code;
        err->sys_errno = sys_errno;
        err->notes = 0;
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(err->message, sizeof err->message, format, arguments);
        va_end(arguments);
        const char *text = strerrordesc_np(sys_errno);
        add_behind(err, text ? text : "unknown error");
    }
    return code;
}

enum fovea_status
fovea_fail_memory(struct fovea_error *err, size_t size, const char *what)
{
    return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
            "cannot allocate %zu bytes for %s", size, what);
}

void
fovea_error_clear(struct fovea_error *err)
{
    if (err) {
        *err = (struct fovea_error){ .code = FOVEA_OK };
    }
}

void
fovea_note(struct fovea_error *err, enum fovea_note note, const char *format,
        ...)
{
    if (!err) {
        return;
    }
    if (err->code || !err->notes) {
        fovea_error_clear(err);
    }
    size_t used = strlen(err->message);
    if (used > 0) {
        (void)snprintf(err->message + used, sizeof err->message - used, "; ");
        used = strlen(err->message);
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err->message + used, sizeof err->message - used, format,
            arguments);
    va_end(arguments);
    fovea_utf8_make_line(err->message);
    err->notes |= (uint32_t)note;
}

void
fovea_error_prefix(struct fovea_error *err, const char *format, ...)
{
    if (!err) {
        return;
    }
    char old[FOVEA_ERROR_MESSAGE_SIZE];
    memcpy(old, err->message, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    add_behind(err, old);
}

void
fovea_assert_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "fovea: %s:%d: assertion failed: %s\n", file, line,
            condition);
    abort();
}
