/* See buffers.h. */
#include "engine/cpu/buffers.h"

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/attend_room.h"
#include "engine/cpu/units.h"

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
        .attends = tower->pooling == FOVEA_POOLING_ATTENTION,
        .is_text = tower->modality == FOVEA_MODALITY_TEXT,
        .dimension = tower->dimension,
        .patch_width = fovea_tower_patch_width(tower),
    };
    sizes.rows = sizes.n_tokens;
    if (sizes.attends && sizes.rows < sizes.n_heads) {
        sizes.rows = sizes.n_heads;
    }
    const size_t widths[] = { 3 * sizes.hidden, sizes.mlp, sizes.patch_width };
    sizes.wide = largest(widths, FOVEA_ARRAY_LEN(widths));
    return sizes;
}

/* Rows of tokens, and of pooled ones. */
struct counts {
    size_t rows;
    size_t pooled;
};

static struct counts
count_of_images(const struct fovea_sizes *sizes, size_t n)
{
    return (struct counts){ n * sizes->rows, n };
}

static struct counts
count_of_texts(const struct fovea_sizes *sizes, size_t n)
{
    const size_t rows =
            FOVEA_UNIT_ROWS * fovea_units_of_texts(n, sizes->n_tokens);
    const size_t most = n < rows ? n : rows;
    return (struct counts){ rows, FOVEA_UNIT_ROWS * fovea_units_of_rows(most) };
}

/* Of the attention that needs most: all tokens to each other, or, of a whole row each,
   the heads of a learned query to them. */
static size_t
attend_bytes(const struct fovea_sizes *s, enum fovea_element element)
{
    const struct fovea_attend_size all = { s->n_tokens, s->n_tokens,
        s->head_dim, element };
    const struct fovea_attend_size probe = { s->n_heads, s->n_tokens, s->hidden,
        element };
    const size_t sizes[] = { fovea_attend_scratch_size(&all),
        s->attends ? fovea_attend_scratch_size(&probe) : 0 };
    return largest(sizes, FOVEA_ARRAY_LEN(sizes));
}

struct fovea_layout
fovea_layout_of(const struct fovea_sizes *sizes, size_t n,
        enum fovea_precision precision)
{
    const struct counts counts = sizes->is_text ? count_of_texts(sizes, n)
                                                : count_of_images(sizes, n);
    const size_t rows = counts.rows;
    const enum fovea_element element = fovea_precision_element(precision);
    const size_t element_size = fovea_element_size(element);
    struct fovea_layout layout = { 0 };
    layout.x = fovea_operand_claim(&layout.total,
            rows * sizes->hidden * sizeof(float));
    layout.y = fovea_operand_claim(&layout.total,
            rows * sizes->hidden * element_size);
    layout.wide = fovea_operand_claim(&layout.total,
            rows * sizes->wide * element_size);
    layout.attend_room =
            fovea_operand_claim(&layout.total, attend_bytes(sizes, element));
    layout.pooled = fovea_operand_claim(&layout.total,
            counts.pooled * sizes->hidden * sizeof(float));
    layout.embeds = layout.total;
    if (sizes->is_text) {
        layout.embeds = fovea_operand_claim(&layout.total,
                counts.pooled * sizes->dimension * sizeof(float));
    }
    const size_t n_scales = fovea_precision_has_int8(precision) ? rows : 0;
    layout.scales =
            fovea_operand_claim(&layout.total, n_scales * sizeof(float));
    layout.other_scales =
            fovea_operand_claim(&layout.total, n_scales * sizeof(float));
    return layout;
}
