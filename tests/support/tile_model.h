/*
 * The tile unit of a CPU (AMX), in plain C: eight registers of up to 16 rows of up
 * to 64 bytes, and what the instructions do to them, bit for bit.
 *
 * Source: Intel's manual, volume 2: LDTILECFG, STTILECFG, TILELOADD, TILESTORED,
 * TILEZERO, TILERELEASE, TDPBF16PS, TDPBSSD and its kin; volume 1, 18.
 *
 * A function is false where the CPU raises an exception instead.
 */
#ifndef FOVEA_SUPPORT_TILE_MODEL_H
#define FOVEA_SUPPORT_TILE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TILE_COUNT = 8,
    TILE_ROWS = 16,
    TILE_ROW_BYTES = 64,
    TILE_CONFIG_BYTES = 64,
};

/* All 0: not configured. */
struct tile_unit {
    bool is_configured;
    uint8_t rows[TILE_COUNT];
    uint16_t row_bytes[TILE_COUNT];
    uint8_t data[TILE_COUNT][TILE_ROWS][TILE_ROW_BYTES];
};

bool tile_model_configure(struct tile_unit *unit, const void *config);
void tile_model_store_config(const struct tile_unit *unit, void *config);
void tile_model_release(struct tile_unit *unit);

bool tile_model_zero(struct tile_unit *unit, unsigned to);
bool tile_model_load(struct tile_unit *unit, unsigned to, const void *base,
        ptrdiff_t stride);
bool tile_model_store(const struct tile_unit *unit, unsigned from, void *base,
        ptrdiff_t stride);

/** to[m][n] += dot product of a's row m and b's column n, of pairs of bfloat16. */
bool tile_model_dot_bf16(struct tile_unit *unit, unsigned to, unsigned a,
        unsigned b);

/* Which of the sources are signed. */
struct tile_signs {
    bool a;
    bool b;
};

/** The same of groups of four bytes, in 32-bit integers that wrap around. */
bool tile_model_dot_bytes(struct tile_unit *unit, unsigned to, unsigned a,
        unsigned b, struct tile_signs signs);

/**
 * One element of a TDPBF16PS: sum plus the products of n pairs, as the unit adds
 * them up. The pairs' first members are one chain of fused multiply-adds, the
 * second ones another, both from 0; the chains are added, and that to the sum.
 * Rounded to nearest, denormals read and written as 0, whatever MXCSR says.
 */
float tile_model_sum_pairs(float sum, const uint16_t *a, const uint16_t *b,
        size_t b_stride, size_t n);

#endif
