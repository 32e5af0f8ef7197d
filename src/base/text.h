/*
 * Text that grows, with what JSON needs. Written by hand because numbers must
 * be the shortest float32 and names may be any bytes, which jansson's writer
 * knows neither of.
 *
 * Running out of memory is remembered, and everything after it does nothing:
 * ask once, at the end, with fovea_text_failed().
 */
#ifndef FOVEA_BASE_TEXT_H
#define FOVEA_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/** All zero is an empty text. */
struct fovea_text {
    char *data; /* size bytes and a NUL; NULL while empty */
    size_t size;
    size_t capacity;
    bool failed;
};

void fovea_text_finish(struct fovea_text *text);

/** Forget the content, keep the memory. */
void fovea_text_clear(struct fovea_text *text);

/** Whether memory ran out since the last clear. */
bool fovea_text_failed(const struct fovea_text *text);

void fovea_text_add(struct fovea_text *text, const char *bytes, size_t size);
void fovea_text_format(struct fovea_text *text, const char *format, ...)
        FOVEA_PRINTF(2, 3);

/** A name for a terminal, as fovea_utf8_make_line() makes it harmless. */
void fovea_text_printable(struct fovea_text *text, const char *string);

/** A JSON string in quotes, valid UTF-8 whatever the bytes are: each byte that
 *  is not part of a valid sequence becomes U+FFFD. */
void fovea_text_json_string(struct fovea_text *text, const char *string);

/** The same of size bytes, NUL bytes among them; a NUL stands behind them. */
void fovea_text_json_bytes(struct fovea_text *text, const char *bytes,
        size_t size);

/** The shortest decimal that reads back as exactly this float32; null for what
 *  JSON has no number for. */
void fovea_text_json_float(struct fovea_text *text, float value);

#endif
