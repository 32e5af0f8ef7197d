/* Bytes that are to be read by people or by other programs: UTF-8, on one line. */
#ifndef FOVEA_BASE_UTF8_H
#define FOVEA_BASE_UTF8_H

#include <stddef.h>

/** Offset of the first byte that is not part of valid UTF-8; size if there is
 *  none. NUL is a character like others. */
size_t fovea_utf8_find_invalid(const void *bytes, size_t size);

/** Size of the valid UTF-8 sequence at the start of a string, 0 if there is
 *  none (also at its end). */
size_t fovea_utf8_size(const char *string);

/** Make a string one line of plain text, in place: every byte that is not part
 *  of valid UTF-8, or of a character that moves a cursor, ends a line or turns
 *  the direction of what follows, becomes '?'. */
void fovea_utf8_make_line(char *string);

#endif
