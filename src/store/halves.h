/* float32 to float16 and back, by the CPU's own conversion. */
#ifndef FOVEA_STORE_HALVES_H
#define FOVEA_STORE_HALVES_H

#include <stddef.h>
#include <stdint.h>

/** n values to the nearest float16, ties to even; what is too large is infinite. */
void fovea_halves_pack(const float *values, size_t n, uint16_t *halves_out);

/** n values back; exact. */
void fovea_halves_unpack(const uint16_t *halves, size_t n, float *values_out);

#endif
