/*
 * Filling the error record. Those that fail return the status they were given,
 * so that a failure reads `return fovea_fail(err, FOVEA_ERR_IO, "...")`.
 */
#ifndef FOVEA_BASE_ERROR_H
#define FOVEA_BASE_ERROR_H

#include "fovea/status.h"

#include "base/macros.h"

/** Write code and message into err (which may be NULL); return code. */
enum fovea_status fovea_fail(struct fovea_error *err, enum fovea_status code,
        const char *format, ...) FOVEA_PRINTF(3, 4);

/** The same with ": <text of sys_errno>" behind the message. */
enum fovea_status fovea_fail_errno(struct fovea_error *err,
        enum fovea_status code, int sys_errno, const char *format, ...)
        FOVEA_PRINTF(4, 5);

/** FOVEA_ERR_NO_MEMORY for `size` bytes of `what`. */
enum fovea_status fovea_fail_memory(struct fovea_error *err, size_t size,
        const char *what);

/**
 * Note something about an image that is good: code FOVEA_OK, the note added to
 * the notes, the sentence to the message. A failure that was in err before is
 * forgotten.
 */
void fovea_note(struct fovea_error *err, enum fovea_note note,
        const char *format, ...) FOVEA_PRINTF(3, 4);

/** Nothing happened yet: code FOVEA_OK, no notes. err may be NULL. */
void fovea_error_clear(struct fovea_error *err);

/** Put "<context>: " before the message of a failure that already happened. */
void fovea_error_prefix(struct fovea_error *err, const char *format, ...)
        FOVEA_PRINTF(2, 3);

#endif
