/*
 * What the CPU engine costs: the block of packed weights as weights.c places it
 * and the buffers of buffers.h, without the library that packing asks.
 */
#include "engine/cpu/cpu_cost.h"

#include <stdbool.h>

#include "base/size.h"
#include "engine/cost.h"
#include "engine/cpu/buffers.h"
#include "engine/cpu/mlp_parts.h"
#include "engine/cpu/precision.h"
#include "engine/cpu/tile_kernels.h"
#include "engine/cpu/tile_unit.h"
#include "sys/cpu.h"

/* Matrices are cut into blocks of this size, and the last ones filled up. */
struct blocks {
    size_t k;
    size_t n;
    size_t element_size;
};

/* Our own form's, of sources of whole lines. */
static bool
is_for_tiles(enum fovea_element element, size_t k)
{
    return element != FOVEA_ELEMENT_F32 &&
            k * fovea_element_size(element) % FOVEA_LINE_BYTES == 0 &&
            fovea_cpu_allows_tiles() && fovea_tile_unit_is_there();
}

static struct blocks
blocks_of(enum fovea_element element, size_t k)
{
    const size_t size = fovea_element_size(element);
    if (is_for_tiles(element, k)) {
        return (struct blocks){ 1, FOVEA_PANEL_COLUMNS, size };
    }
    if (element == FOVEA_ELEMENT_BF16) {
        return (struct blocks){ 32, 64, size };
    }
    if (element == FOVEA_ELEMENT_U8) {
        return fovea_cpu_level() >= FOVEA_CPU_AVX512
                ? (struct blocks){ 16, 64, size }
                : (struct blocks){ 1, 1, size };
    }
    return fovea_cpu_level() >= FOVEA_CPU_AVX512
            ? (struct blocks){ 16, 64, size }
            : (struct blocks){ 8, 8, size };
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

/* Of 8-bit weights each output channel has a scale and an offset. */
static uint64_t
packed_matrix(const struct fovea_piece *piece, enum fovea_element element)
{
    const struct blocks blocks = blocks_of(element, piece->k);
    const uint64_t beside =
            element == FOVEA_ELEMENT_U8 ? 2 * floats(piece->n) : 0;
    return matrix(&blocks, piece->k, piece->n) + beside;
}

static uint64_t
packed_bytes(const struct fovea_tower *tower, enum fovea_precision precision)
{
    const size_t token_size =
            fovea_element_size(fovea_precision_table(precision));
    /* With zeros, which are there where the MLP has parts. */
    uint64_t bytes = FOVEA_PACKED_HEADER_SIZE + floats(tower->width);
    const uint32_t n_parts = fovea_precision_has_int8(precision)
            ? fovea_mlp_parts(tower->mlp)
            : 1;
    struct fovea_piece piece;
    for (size_t i = 0; fovea_tower_piece(tower, n_parts, i, &piece); i++) {
        if (piece.role == FOVEA_ROLE_TOKEN) {
            bytes += fovea_round_up(piece.n * token_size,
                    FOVEA_OPERAND_ALIGNMENT);
            continue;
        }
        bytes += piece.k > 0 ? packed_matrix(&piece,
                                       fovea_precision_of_layer(precision,
                                               tower, piece.layer))
                             : floats(piece.n);
    }
    return bytes;
}

struct fovea_cost
fovea_cost_cpu(const struct fovea_tower *tower, enum fovea_dtype dtype,
        size_t batch)
{
    const struct fovea_precision_cpu cpu = {
        fovea_cpu_level() >= FOVEA_CPU_AVX512_BF16, fovea_cpu_has_vnni()
    };
    const struct fovea_sizes sizes = fovea_sizes_of(tower);
    const enum fovea_precision precision =
            fovea_precision_choose(tower, dtype, &cpu);
    return (struct fovea_cost){
        .shared_bytes = packed_bytes(tower, precision),
        .lane_bytes = fovea_layout_of(&sizes, batch, precision).total,
    };
}

const char *
fovea_settled_cpu(const struct fovea_tower *tower)
{
    if (fovea_cpu_level() < FOVEA_CPU_AVX512_BF16) {
        return "this CPU has no bfloat16 dot products";
    }
    return fovea_precision_may_be_bf16(tower, true)
            ? NULL
            : "so narrow a tower has little to gain from another";
}
