/*
 * What the targets of the decoders share: decoding with small limits, so that a
 * run is short, into a sink that checks what it is given and keeps nothing.
 */
#ifndef FOVEA_TESTS_FUZZ_DECODE_H
#define FOVEA_TESTS_FUZZ_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

/**
 * Decode the bytes if they are of the format, by either policy of damage, whole
 * and as small as the decoder can make the picture; JPEG for a sink, too, of which
 * the middle of the rows counts, and what it gets there must be the same.
 * Asserts what a caller relies on: one begin within the limits, then either all
 * rows and FOVEA_OK, noted as damaged only where that is accepted, or a status
 * with a message.
 */
void fuzz_decode(enum fovea_format format, const uint8_t *data, size_t size);

#endif
