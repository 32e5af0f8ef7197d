/*
 * The loops of the bench that are not C: one instruction again and again, so that
 * what is measured is that instruction, whatever the compiler and its options.
 */
#ifndef FOVEA_BENCH_INSTRUCTIONS_H
#define FOVEA_BENCH_INSTRUCTIONS_H

#include <stddef.h>

enum {
    /* Multiply-adds of a round of vectors, none of which waits for another: as
       many as two units with results after six cycles need. */
    FOVEA_VECTOR_SUMS = 12,
    /* Of tiles: there is one unit, with results after 52 cycles. */
    FOVEA_TILE_SUMS = 4,
    /* Of memory that is read, in bytes; sizes are multiples. */
    FOVEA_READ_UNIT = 256
};

/* n rounds, at least 1, on a CPU that has the instruction. */
void fovea_loop_f32_avx2(size_t n);
void fovea_loop_f32_avx512(size_t n);
void fovea_loop_bf16_avx512(size_t n);
void fovea_loop_int8_avx2(size_t n); /* AVX-VNNI */
void fovea_loop_int8_avx512(size_t n);
/* Of whole tiles, 16 rows of 64 bytes each. */
void fovea_loop_bf16_tiles(size_t n);
void fovea_loop_int8_tiles(size_t n);

/** Read memory, size at least FOVEA_READ_UNIT, front to back. */
void fovea_loop_read(const void *memory, size_t size);

#endif
