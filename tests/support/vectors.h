/* Rows of numbers that are hard on a search, and segments of them. */
#ifndef FOVEA_SUPPORT_VECTORS_H
#define FOVEA_SUPPORT_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "store/scan.h"

/** Kinds of rows; what is behind the last is random numbers. */
enum vectors_kind {
    VECTORS_RANDOM, /* even, in all directions */
    VECTORS_CLOSE,  /* around one direction: scores nearly equal */
    VECTORS_EQUAL,  /* of a few, again and again */
    VECTORS_EXACT,  /* -1, 0 and 1 alone: codes lose nothing */
    VECTORS_SPIKY,  /* one number a thousand times all others: codes lose all */
    VECTORS_SIZES,  /* random, of lengths from the least float to the largest */
    VECTORS_DENORMAL, /* numbers below the least normal one */
    VECTORS_N_KINDS
};

/** The next number of a stream; *state is not 0. */
uint32_t vectors_random(uint64_t *state);

/** Fill rows [n][dimension] of a kind. */
void vectors_fill(enum vectors_kind kind, uint64_t seed, float *rows, size_t n,
        size_t dimension);

/** Create a segment at path of n rows and open it again to be read. */
struct fovea_segment *vectors_segment(const char *path, enum fovea_store store,
        uint32_t capacity, const float *rows, size_t n, size_t dimension);

/** What a scan must give: every row scored from its stored values. Owned. */
struct fovea_hits vectors_scan_all(const struct fovea_scan *scan,
        const float *query);

#endif
