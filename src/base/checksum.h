/*
 * A checksum of large blocks, for finding damage: as fast as memory is read. It
 * keeps no secret and does not stand up to somebody who wants to deceive.
 */
#ifndef FOVEA_BASE_CHECKSUM_H
#define FOVEA_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/** Checksum of size bytes; depends on the machine's byte order. */
uint64_t fovea_checksum(const void *bytes, size_t size);

#endif
