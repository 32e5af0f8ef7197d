/*
 * What the CPU engine costs: the block of packed weights as weights.c places it
 * and the buffers of buffers.h, without the library that packing asks.
 */
#include "engine/cost.h"

#include <stdbool.h>

#include "base/size.h"
#include "engine/cpu/buffers.h"
#include "engine/cpu/cost.h"
#include "sys/cpu.h"

/* Matrices are cut into blocks of this size, and the last ones filled up. */
struct blocks {
    size_t k;
    size_t n;
    size_t element_size;
};

static struct blocks
blocks_of(bool is_bf16)
{
    if (is_bf16) {
        return (struct blocks){ 32, 64, fovea_dtype_bytes(FOVEA_DTYPE_BF16) };
    }
    const size_t size = fovea_dtype_bytes(FOVEA_DTYPE_F32);
    return fovea_cpu_level() >= FOVEA_CPU_AVX512
            ? (struct blocks){ 16, 64, size }
            : (struct blocks){ 8, 8, size };
}

static bool
computes_in_bf16(const struct fovea_tower *tower, enum fovea_dtype dtype)
{
    return dtype != FOVEA_DTYPE_F32 && tower->width >= FOVEA_MIN_BF16_WIDTH &&
            fovea_cpu_level() >= FOVEA_CPU_AVX512_BF16;
}

static uint64_t
matrix(const struct blocks *blocks, size_t k, size_t n)
{
    return fovea_round_up(fovea_round_up(k, blocks->k) *
                    fovea_round_up(n, blocks->n) * blocks->element_size,
            FOVEA_OPERAND_ALIGNMENT);
}

static uint64_t
floats(size_t n)
{
    return fovea_round_up(n * sizeof(float), FOVEA_OPERAND_ALIGNMENT);
}

static uint64_t
packed_bytes(const struct fovea_tower *tower, bool is_bf16)
{
    const struct blocks blocks = blocks_of(is_bf16);
    /* With zeros, which are there where the MLP has parts. */
    uint64_t bytes = FOVEA_PACKED_HEADER_SIZE + floats(tower->width);
    struct fovea_piece piece;
    for (size_t i = 0; fovea_tower_piece(tower, 1, i, &piece); i++) {
        bytes += piece.k > 0 ? matrix(&blocks, piece.k, piece.n)
                             : floats(piece.n);
    }
    return bytes;
}

struct fovea_cost
fovea_cost_cpu(const struct fovea_tower *tower, enum fovea_dtype dtype,
        size_t batch)
{
    const bool is_bf16 = computes_in_bf16(tower, dtype);
    const struct fovea_sizes sizes = fovea_sizes_of(tower);
    const enum fovea_element element =
            is_bf16 ? FOVEA_ELEMENT_BF16 : FOVEA_ELEMENT_F32;
    struct fovea_cost cost = {
        .dtype = dtype,
        .shared_bytes = packed_bytes(tower, is_bf16),
        .lane_bytes = fovea_layout_of(&sizes, batch, element).total,
    };
    if (dtype == FOVEA_DTYPE_AUTO) {
        cost.dtype = is_bf16 ? FOVEA_DTYPE_BF16 : FOVEA_DTYPE_F32;
    }
    return cost;
}
