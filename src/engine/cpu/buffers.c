/* See buffers.h. */
#include "engine/cpu/buffers.h"

#include "base/macros.h"
#include "base/size.h"

enum {
    /* Scores that are worked on at a time should fit a core's L2 cache. */
    SCORES_BYTES = 384 * 1024,
};

static size_t
largest(const size_t *values, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

struct fovea_sizes
fovea_sizes_of(const struct fovea_tower *tower)
{
    struct fovea_sizes sizes = {
        .hidden = tower->width,
        .mlp = tower->mlp,
        .n_heads = tower->n_heads,
        .head_dim = tower->width / tower->n_heads,
        .n_patches = fovea_tower_patches(tower),
        .n_tokens = fovea_tower_tokens(tower),
        .patch_width = fovea_tower_patch_width(tower),
    };
    sizes.rows = sizes.n_tokens;
    if (tower->pooling == FOVEA_POOLING_ATTENTION &&
            sizes.rows < sizes.n_heads) {
        sizes.rows = sizes.n_heads;
    }
    const size_t widths[] = { 3 * sizes.hidden, sizes.mlp, sizes.patch_width };
    sizes.wide = largest(widths, FOVEA_ARRAY_LEN(widths));
    sizes.score_stride = fovea_round_up(sizes.n_tokens, FOVEA_LANES);
    return sizes;
}

/* Heads whose scores fit SCORES_BYTES: a divisor of the number of heads. */
size_t
fovea_heads_at_once(const struct fovea_sizes *sizes)
{
    size_t head_bytes = sizes->n_tokens * sizes->score_stride * sizeof(float);
    size_t n = sizes->n_heads;
    while (n > 1 &&
            (sizes->n_heads % n != 0 || n * head_bytes > SCORES_BYTES)) {
        n--;
    }
    return n;
}

static size_t
claim(size_t *total, size_t size)
{
    size_t at = *total;
    *total += fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT);
    return at;
}

struct fovea_layout
fovea_layout_of(const struct fovea_sizes *sizes, size_t n,
        enum fovea_element element)
{
    size_t rows = n * sizes->rows;
    size_t element_size = fovea_element_size(element);
    const size_t score_rows[] = { fovea_heads_at_once(sizes) * sizes->n_tokens,
        sizes->n_heads };
    struct fovea_layout layout = { 0 };
    layout.x = claim(&layout.total, rows * sizes->hidden * sizeof(float));
    layout.y = claim(&layout.total, rows * sizes->hidden * element_size);
    layout.wide = claim(&layout.total, rows * sizes->wide * element_size);
    layout.scores = claim(&layout.total,
            largest(score_rows, 2) * sizes->score_stride * sizeof(float));
    layout.pooled = claim(&layout.total, n * sizes->hidden * sizeof(float));
    return layout;
}
