/* base64 text to bytes. */
#ifndef FOVEA_SOURCE_BASE64_H
#define FOVEA_SOURCE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Decode base64: standard or URL-safe alphabet (one of them, not a mix), padded
 * or not, with or without a "data:[type][;parameter]...;base64," prefix, with
 * or without line breaks (CR, LF, space and tab between characters).
 *
 * Everything else is refused: other characters, both alphabets in one text,
 * wrong or misplaced padding, a lone last character, unused bits that are not
 * zero, a data: prefix without ";base64", no bytes at all.
 *
 * @param text       size bytes, not NUL-terminated.
 * @param max_bytes  most that may come out: FOVEA_ERR_IMAGE_TOO_MANY_BYTES
 *                   beyond it, before memory is taken.
 * @param bytes_out  Owned by the caller; free() it.
 * @return FOVEA_OK; FOVEA_ERR_BASE64 (the message says what, and at which
 *         offset); FOVEA_ERR_IMAGE_TOO_MANY_BYTES; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_base64_decode(const char *text,
        size_t size, uint64_t max_bytes, uint8_t **bytes_out, size_t *size_out,
        struct fovea_error *err);

/**
 * The first bytes of what may be base64, as far as its letters go: behind a
 * character that is none, padding and a change of the alphabet nothing is read.
 * Blanks and line ends between letters are stepped over; a data: prefix is none
 * of the letters.
 *
 * @param text       size bytes, not NUL-terminated.
 * @param bytes_out  max bytes; as many are written as are returned.
 * @return How many bytes the letters make, at most max. 0: none.
 */
size_t fovea_base64_begin(const char *text, size_t size, uint8_t *bytes_out,
        size_t max);

#endif
