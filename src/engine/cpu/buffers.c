/* See buffers.h. */
#include "engine/cpu/buffers.h"

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/attend_room.h"
#include "engine/cpu/units.h"

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
        .is_text = tower->modality == FOVEA_MODALITY_TEXT,
        .dimension = tower->dimension,
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

/* Rows of tokens, of pooled ones, and floats of scores. */
struct counts {
    size_t rows;
    size_t pooled;
    size_t scores;
};

static struct counts
count_of_images(const struct fovea_sizes *sizes, size_t n)
{
    const size_t score_rows[] = { fovea_heads_at_once(sizes) * sizes->n_tokens,
        sizes->n_heads };
    return (struct counts){ n * sizes->rows, n,
        largest(score_rows, 2) * sizes->score_stride };
}

static struct counts
count_of_texts(const struct fovea_sizes *sizes, size_t n)
{
    const size_t rows =
            FOVEA_UNIT_ROWS * fovea_units_of_texts(n, sizes->n_tokens);
    const size_t most = n < rows ? n : rows;
    return (struct counts){ rows, FOVEA_UNIT_ROWS * fovea_units_of_rows(most),
        fovea_attend_divide(sizes->head_dim, sizes->n_tokens, NULL, NULL) };
}

struct fovea_layout
fovea_layout_of(const struct fovea_sizes *sizes, size_t n,
        enum fovea_element element)
{
    const struct counts counts = sizes->is_text ? count_of_texts(sizes, n)
                                                : count_of_images(sizes, n);
    const size_t rows = counts.rows;
    const size_t element_size = fovea_element_size(element);
    struct fovea_layout layout = { 0 };
    layout.x = claim(&layout.total, rows * sizes->hidden * sizeof(float));
    layout.y = claim(&layout.total, rows * sizes->hidden * element_size);
    layout.wide = claim(&layout.total, rows * sizes->wide * element_size);
    layout.scores = claim(&layout.total, counts.scores * sizeof(float));
    layout.pooled =
            claim(&layout.total, counts.pooled * sizes->hidden * sizeof(float));
    layout.embeds = layout.total;
    if (sizes->is_text) {
        layout.embeds = claim(&layout.total,
                counts.pooled * sizes->dimension * sizeof(float));
    }
    return layout;
}
