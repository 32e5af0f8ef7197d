/*
 * Attention of bfloat16 elements on the tile unit (AMX): both products are tiles of 16
 * rows by 16 columns, two by two, of panels that lie as those for dot products of
 * pairs do (attend_bf16.c). A step of a sum is a tile of 16 rows of 64 bytes of one
 * operand, and of 16 units of a panel.
 *
 * Tiles are always whole. Rows of queries are filled up for it (attend_form.h); what
 * becomes of rows that are none is looked at by nobody.
 */
#include "engine/cpu/attend_forms.h"
#include "engine/cpu/attend_pairs.h"
#include "engine/cpu/tile_instructions.h"

enum {
    COLUMNS = 32,
    STEP = 16, /* units */
};

/* Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 columns. */
TILES_INLINE void
multiply_tiles(const struct fovea_attend_product *p, bool has_low_rows,
        bool has_right_columns)
{
    const uint8_t *a = p->a;
    const uint8_t *b = p->panel;
    const size_t a_stride = p->a_stride * UNIT;
    const size_t c_stride = p->c_stride * sizeof(float);
    const size_t b_stride = COLUMNS * UNIT;
    ZERO_TILE(0);
    ZERO_TILE(1);
    ZERO_TILE(2);
    ZERO_TILE(3);
    for (size_t k = 0; k < p->depth; k += STEP) {
        LOAD_TILE(6, b + k * b_stride, b_stride);
        LOAD_TILE(4, a + k * UNIT, a_stride);
        DOT_BF16(0, 4, 6);
        if (has_right_columns) {
            LOAD_TILE(7, b + k * b_stride + b_stride / 2, b_stride);
            DOT_BF16(1, 4, 7);
        }
        if (has_low_rows) {
            LOAD_TILE(5, a + k * UNIT + 16 * a_stride, a_stride);
            DOT_BF16(2, 5, 6);
        }
        if (has_low_rows && has_right_columns) {
            DOT_BF16(3, 5, 7);
        }
    }
    STORE_TILE(0, p->c, c_stride);
    if (has_right_columns) {
        STORE_TILE(1, p->c + 16, c_stride);
    }
    if (has_low_rows) {
        STORE_TILE(2, p->c + 16 * p->c_stride, c_stride);
    }
    if (has_low_rows && has_right_columns) {
        STORE_TILE(3, p->c + 16 * p->c_stride + 16, c_stride);
    }
}

TILES static void
multiply(const struct fovea_attend_product *p)
{
    const bool has_right_columns = p->n_columns > 16;
    if (p->n_rows <= 16) {
        multiply_tiles(p, false, has_right_columns);
    } else if (has_right_columns) {
        multiply_tiles(p, true, true);
    } else {
        multiply_tiles(p, true, false);
    }
}

static void
lay_keys(const struct fovea_attend_view *keys, size_t n, size_t width,
        size_t depth, void *panel)
{
    lay_keys16(keys, n, width * sizeof(uint16_t), depth, COLUMNS, panel);
}

static void
weigh(const struct fovea_attend_weighing *weighing)
{
    weigh_all(weighing, put_pairs, true);
}

TILES static void
begin(void)
{
    static const uint8_t rows[FOVEA_N_TILES] = { 16, 16, 16, 16, 16, 16, 16,
        16 };
    const struct fovea_tile_config config = fovea_tile_config_of(rows);
    set_up_tiles(&config);
}

TILES static void
end(void)
{
    release_tiles();
}

const struct fovea_attend_form fovea_attend_tiles = {
    .name = "tiles",
    .element = FOVEA_ELEMENT_BF16,
    .rows = 32,
    .columns = COLUMNS,
    .depth = STEP,
    .whole_rows = 16,
    .needs_tiles = true,
    .lay_keys = lay_keys,
    .lay_values = lay_pairs,
    .multiply = multiply,
    .weigh = weigh,
    .finish = finish_pairs,
    .begin = begin,
    .end = end,
};
