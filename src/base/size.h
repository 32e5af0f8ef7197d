/* Sums and products of sizes that cannot wrap unnoticed; rounding up. */
#ifndef FOVEA_BASE_SIZE_H
#define FOVEA_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"

/** *out = a * b; false, and *out untouched, if it does not fit. */
FOVEA_NODISCARD static inline bool
fovea_mul_size(size_t a, size_t b, size_t *out)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *out = product;
    return true;
}

/** *out = a + b; false, and *out untouched, if it does not fit. */
FOVEA_NODISCARD static inline bool
fovea_add_size(size_t a, size_t b, size_t *out)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

/** The smaller of two amounts, of bytes or of anything. */
static inline uint64_t
fovea_least_bytes(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** What is left of an amount, 0 if more than all of it is taken. */
static inline uint64_t
fovea_bytes_left(uint64_t amount, uint64_t taken)
{
    return amount > taken ? amount - taken : 0;
}

/** a + b and a * b, UINT64_MAX if it is more. */
static inline uint64_t
fovea_sum_bytes(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static inline uint64_t
fovea_product_bytes(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/** In MiB, rounded up. */
static inline uint64_t
fovea_whole_mib(uint64_t bytes)
{
    return (bytes >> 20) + ((bytes & 0xfffff) != 0);
}

/** The first multiple at or above value, which must not be near SIZE_MAX. */
static inline size_t
fovea_round_up(size_t value, size_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

#endif
