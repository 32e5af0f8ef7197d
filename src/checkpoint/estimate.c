/*
 * See estimate.h. The packed block is laid out as engine/cpu/weights.c does it, the
 * buffers of a forward pass as engine/cpu/vit_create.c: this follows them, without the
 * library that they ask.
 */
#include "checkpoint/estimate.h"

#include "base/size.h"
#include "sys/cpu.h"

enum {
    ALIGNMENT = 64,   /* of every piece */
    SCORE_LANES = 16, /* a row of scores is a multiple of them */
    SCORES_BYTES = 384 << 10,
    HEADER_BYTES = 4096, /* in front of packed weights */
};

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
        return (struct blocks){ 32, 64, 2 };
    }
    return fovea_cpu_level() >= FOVEA_CPU_AVX512
            ? (struct blocks){ 16, 64, sizeof(float) }
            : (struct blocks){ 8, 8, sizeof(float) };
}

static bool
computes_in_bf16(const struct fovea_tower *tower, enum fovea_dtype dtype)
{
    return dtype != FOVEA_DTYPE_F32 &&
            tower->width >= FOVEA_MIN_BF16_HIDDEN_SIZE &&
            fovea_cpu_level() >= FOVEA_CPU_AVX512_BF16;
}

enum fovea_dtype
fovea_estimate_dtype(const struct fovea_tower *tower, enum fovea_dtype dtype)
{
    if (dtype != FOVEA_DTYPE_AUTO) {
        return dtype;
    }
    return computes_in_bf16(tower, dtype) ? FOVEA_DTYPE_BF16 : FOVEA_DTYPE_F32;
}

static uint64_t
matrix(const struct blocks *blocks, size_t k, size_t n)
{
    return fovea_round_up(fovea_round_up(k, blocks->k) *
                    fovea_round_up(n, blocks->n) * blocks->element_size,
            ALIGNMENT);
}

static uint64_t
floats(size_t n)
{
    return fovea_round_up(n * sizeof(float), ALIGNMENT);
}

uint64_t
fovea_estimate_shared(const struct fovea_tower *tower, enum fovea_dtype dtype)
{
    struct blocks blocks = blocks_of(computes_in_bf16(tower, dtype));
    size_t hidden = tower->width;
    size_t mlp = tower->mlp;
    uint64_t norm = 2 * floats(hidden);
    uint64_t rest = matrix(&blocks, hidden, hidden) + floats(hidden) +
            matrix(&blocks, hidden, mlp) + floats(mlp) +
            matrix(&blocks, mlp, hidden) + floats(hidden) + 2 * norm;
    uint64_t layer =
            rest + matrix(&blocks, hidden, 3 * hidden) + floats(3 * hidden);
    /* The last one has its queries apart from keys and values. */
    uint64_t last = rest + matrix(&blocks, hidden, hidden) + floats(hidden) +
            matrix(&blocks, hidden, 2 * hidden) + floats(2 * hidden);
    return HEADER_BYTES +
            matrix(&blocks, fovea_tower_patch_width(tower), hidden) +
            floats(hidden) + floats(fovea_tower_tokens(tower) * hidden) +
            floats(hidden) + /* zeros, where the MLP has parts */
            2 * norm + (tower->n_layers - 1) * layer + last +
            matrix(&blocks, hidden, tower->dimension);
}

/* Scores of as many heads as are worked on at once, or of all class tokens. */
static uint64_t
scores(const struct fovea_tower *tower)
{
    size_t tokens = fovea_tower_tokens(tower);
    uint64_t row = fovea_round_up(tokens, SCORE_LANES) * sizeof(float);
    uint64_t n = tower->n_heads;
    while (n > 1 &&
            (tower->n_heads % n != 0 || n * tokens * row > SCORES_BYTES)) {
        n--;
    }
    uint64_t n_rows = n * tokens > tower->n_heads ? n * tokens : tower->n_heads;
    return n_rows * row;
}

/* Buffers of the forward pass of one thread. */
static uint64_t
scratch(const struct fovea_tower *tower, enum fovea_dtype dtype, size_t batch)
{
    size_t element_size =
            computes_in_bf16(tower, dtype) ? sizeof(uint16_t) : sizeof(float);
    size_t hidden = tower->width;
    uint64_t rows = batch * fovea_tower_tokens(tower);
    uint64_t wide = 3 * hidden;
    size_t patch_width = fovea_tower_patch_width(tower);
    wide = wide > tower->mlp ? wide : tower->mlp;
    wide = wide > patch_width ? wide : patch_width;
    return fovea_round_up(rows * hidden * sizeof(float), ALIGNMENT) +
            fovea_round_up(rows * hidden * element_size, ALIGNMENT) +
            fovea_round_up(rows * wide * element_size, ALIGNMENT) +
            fovea_round_up(scores(tower), ALIGNMENT) + floats(batch * hidden);
}

uint64_t
fovea_estimate_worker(const struct fovea_tower *tower, enum fovea_dtype dtype,
        unsigned n_threads, unsigned max_batch)
{
    size_t batch = ((size_t)max_batch + n_threads - 1) / n_threads;
    size_t side = tower->side_px;
    uint64_t lane = scratch(tower, dtype, batch) +
            batch * (3 * side * side + tower->dimension * sizeof(float));
    return FOVEA_WORKER_BASE_BYTES +
            n_threads * (lane + FOVEA_DECODE_FREE_BYTES);
}

uint64_t
fovea_estimate_pixels_worker(const struct fovea_preprocess *settings,
        unsigned n_threads, unsigned max_batch)
{
    (void)max_batch; /* pixels leave one by one */
    return FOVEA_WORKER_BASE_BYTES +
            n_threads *
            ((uint64_t)3 * settings->crop_width_px * settings->crop_height_px +
                    FOVEA_DECODE_FREE_BYTES);
}
