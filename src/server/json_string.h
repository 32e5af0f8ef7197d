/*
 * The strings of a JSON text: where they end, whether they are right, and what
 * they stand for. All of what RFC 8259 asks of them is checked here, so that
 * what is wrong is told with its place in the body.
 */
#ifndef FOVEA_SERVER_JSON_STRING_H
#define FOVEA_SERVER_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/status.h"

#include "base/macros.h"

/** FOVEA_ERR_JSON: "not valid JSON at byte <at>: <format...>". */
enum fovea_status fovea_json_fail(struct fovea_error *err, size_t at,
        const char *format, ...) FOVEA_PRINTF(3, 4);

/**
 * Find the end of a string and check everything in it: escapes (\u0000 and
 * halves of surrogate pairs are refused), control characters, UTF-8.
 *
 * @param body     size bytes; need not be NUL-terminated.
 * @param begin    where the byte behind the opening quote is.
 * @param end_out  where the closing quote is.
 * @return FOVEA_OK or FOVEA_ERR_JSON.
 */
FOVEA_NODISCARD enum fovea_status fovea_json_string_scan(const char *body,
        size_t size, size_t begin, size_t *end_out, bool *has_escapes_out,
        struct fovea_error *err);

/**
 * Replace the escapes of a string by what they stand for, in place. No escape
 * is shorter than that, so the string only ever shrinks.
 *
 * @param text  size bytes between two quotes that have passed the scan.
 * @return The new size.
 */
size_t fovea_json_string_unescape(char *text, size_t size);

#endif
