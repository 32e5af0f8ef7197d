/* See tiles.h. */
#include "store/tiles.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/simd.h"
#include "base/size.h"

enum {
    PANEL_BYTES = 1 << 20,
    CHUNK_BYTES =
            1 << 15, /* with a panel's columns beside it, in a near cache */
    FIRST_PAIRS = 1024,
};

/* Bounds are in single precision here: products of three factors and sums of
   numbers up to 2.25, each rounded to 6e-8 of its size. Together with
   FOVEA_CODES_SLACK less than this. */
static const float slack = 2e-6F;

static size_t
rows_in(size_t bytes, size_t code_size, size_t most, size_t side)
{
    size_t rows = bytes / code_size / side * side;
    return rows < side ? side : rows > most ? most : rows;
}

size_t
fovea_panel_rows(size_t code_size)
{
    return rows_in(PANEL_BYTES, code_size, FOVEA_PANEL_ROWS,
            FOVEA_TILE_COLUMNS);
}

size_t
fovea_chunk_rows(size_t code_size)
{
    return rows_in(CHUNK_BYTES, code_size, FOVEA_CHUNK_ROWS, FOVEA_TILE_ROWS);
}

static bool
side_init(struct fovea_tile_side *side, size_t room, size_t code_size)
{
    side->room = room;
    side->codes = malloc(room * code_size);
    side->scales = malloc(room * sizeof *side->scales);
    side->residuals = malloc(room * sizeof *side->residuals);
    side->offsets = malloc(room * sizeof *side->offsets);
    return side->codes && side->scales && side->residuals && side->offsets;
}

static void
side_finish(struct fovea_tile_side *side)
{
    free(side->codes);
    free(side->scales);
    free(side->residuals);
    free(side->offsets);
}

enum fovea_status
fovea_tiles_init(const struct fovea_rows *rows,
        const struct fovea_kernel *kernel, struct fovea_tiles *tiles_out,
        struct fovea_error *err)
{
    size_t panel = fovea_panel_rows(rows->code_size);
    *tiles_out = (struct fovea_tiles){
        .rows = rows,
        .kernel = kernel,
        .codes = malloc(panel * rows->code_size),
        .marks = malloc(panel * sizeof *tiles_out->marks),
    };
    bool has_panel = side_init(&tiles_out->panel, panel, rows->code_size);
    bool has_chunk = side_init(&tiles_out->chunk,
            fovea_chunk_rows(rows->code_size), rows->code_size);
    return tiles_out->codes && tiles_out->marks && has_panel && has_chunk
            ? FOVEA_OK
            : fovea_fail_memory(err, 2 * panel * rows->code_size,
                      "comparing rows");
}

void
fovea_tiles_finish(struct fovea_tiles *tiles)
{
    side_finish(&tiles->panel);
    side_finish(&tiles->chunk);
    free(tiles->codes);
    free(tiles->marks);
    free(tiles->pairs);
}

/* Read n rows, and fill up with zeros to a multiple of `multiple`. */
static enum fovea_status
read_side(struct fovea_tiles *tiles, struct fovea_tile_side *side,
        uint64_t first, size_t n, size_t multiple, struct fovea_error *err)
{
    const struct fovea_rows *rows = tiles->rows;
    FOVEA_ASSERT(n <= side->room);
    size_t filled = fovea_round_up(n, multiple);
    enum fovea_status status = fovea_rows_read_codes(rows, first, n,
            tiles->codes, tiles->marks, err);
    if (status) {
        return status;
    }
    memset(tiles->codes + n * rows->code_size, FOVEA_CODES_ZERO,
            (filled - n) * rows->code_size);
    for (size_t i = 0; i < filled; i++) {
        side->scales[i] = i < n ? tiles->marks[i].scale : 0;
        side->residuals[i] = i < n ? tiles->marks[i].residual : 0;
    }
    side->first = first;
    side->n = n;
    side->n_counted = fovea_rows_count(rows, first, n);
    return FOVEA_OK;
}

enum fovea_status
fovea_tiles_set_panel(struct fovea_tiles *tiles, uint64_t first, size_t n,
        struct fovea_error *err)
{
    size_t size = tiles->rows->code_size;
    enum fovea_status status =
            read_side(tiles, &tiles->panel, first, n, FOVEA_TILE_COLUMNS, err);
    uint8_t *to = tiles->panel.codes;
    for (size_t at = 0; !status && at < n; at += FOVEA_TILE_COLUMNS) {
        const uint8_t *from = tiles->codes + at * size;
        for (size_t i = 0; i < size; i += FOVEA_TILE_DEPTH) {
            for (size_t c = 0; c < FOVEA_TILE_COLUMNS; c++) {
                memcpy(to, from + c * size + i, FOVEA_TILE_DEPTH);
                to += FOVEA_TILE_DEPTH;
            }
        }
    }
    return status;
}

enum fovea_status
fovea_tiles_set_chunk(struct fovea_tiles *tiles, uint64_t first, size_t n,
        struct fovea_error *err)
{
    size_t size = tiles->rows->code_size;
    enum fovea_status status =
            read_side(tiles, &tiles->chunk, first, n, FOVEA_TILE_ROWS, err);
    for (size_t i = 0; !status && i < fovea_round_up(n, FOVEA_TILE_ROWS); i++) {
        tiles->chunk.offsets[i] = fovea_codes_sign(tiles->codes + i * size,
                size, (int8_t *)tiles->chunk.codes + i * size);
    }
    return status;
}

/* Whether any of a row's pairs may reach the threshold; reaches_out says which. A
   bound that is no number counts as one that does. */
FOVEA_CLONES static bool
row_reaches(const int32_t products[FOVEA_TILE_COLUMNS], float scale,
        float residual, const float *scales, const float *residuals,
        float threshold, int32_t reaches_out[FOVEA_TILE_COLUMNS])
{
    int32_t any = 0;
    for (size_t c = 0; c < FOVEA_TILE_COLUMNS; c++) {
        float near = (float)products[c] * scales[c] * scale;
        float upper = near + (residuals[c] * (1 + residual) + residual);
        reaches_out[c] = !(upper < threshold);
        any |= reaches_out[c];
    }
    return any != 0;
}

static enum fovea_status
add_pair(struct fovea_tiles *tiles, uint64_t first, uint64_t second,
        struct fovea_error *err)
{
    if (tiles->n_pairs == tiles->capacity) {
        size_t most = tiles->panel.room * tiles->chunk.room;
        size_t capacity = tiles->capacity * 2 + FIRST_PAIRS;
        capacity = capacity < most ? capacity : most;
        struct fovea_pair *pairs =
                reallocarray(tiles->pairs, capacity, sizeof *pairs);
        if (!pairs) {
            return fovea_fail_memory(err, capacity * sizeof *pairs, "pairs");
        }
        tiles->pairs = pairs;
        tiles->capacity = capacity;
    }
    tiles->pairs[tiles->n_pairs++] = (struct fovea_pair){
        .first = first,
        .second = second,
    };
    return FOVEA_OK;
}

/* Of row r of the chunk: those of the columns from c on that it goes with. */
static enum fovea_status
add_pairs(struct fovea_tiles *tiles, size_t r, size_t c,
        const int32_t reaches[FOVEA_TILE_COLUMNS], struct fovea_error *err)
{
    uint64_t second = tiles->chunk.first + r;
    if (r >= tiles->chunk.n || !fovea_rows_counts(tiles->rows, second)) {
        return FOVEA_OK;
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0;
            !status && i < FOVEA_TILE_COLUMNS && c + i < tiles->panel.n; i++) {
        uint64_t first = tiles->panel.first + c + i;
        if (reaches[i] && first < second &&
                fovea_rows_counts(tiles->rows, first)) {
            status = add_pair(tiles, first, second, err);
        }
    }
    return status;
}

static enum fovea_status
compare_tile(struct fovea_tiles *tiles, size_t r, size_t c, float threshold,
        struct fovea_error *err)
{
    size_t size = tiles->rows->code_size;
    const struct fovea_tile_side *panel = &tiles->panel;
    const struct fovea_tile_side *chunk = &tiles->chunk;
    int32_t products[FOVEA_TILE_ROWS][FOVEA_TILE_COLUMNS];
    int32_t reaches[FOVEA_TILE_COLUMNS];
    tiles->kernel->tile((const int8_t *)chunk->codes + r * size,
            chunk->offsets + r, size, panel->codes + c * size, products);
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < FOVEA_TILE_ROWS; i++) {
        if (row_reaches(products[i], chunk->scales[r + i],
                    chunk->residuals[r + i], panel->scales + c,
                    panel->residuals + c, threshold - slack, reaches)) {
            status = add_pairs(tiles, r + i, c, reaches, err);
        }
    }
    return status;
}

static int
compare_pairs(const void *one, const void *other)
{
    const struct fovea_pair *a = one;
    const struct fovea_pair *b = other;
    return a->first != b->first ? (a->first < b->first ? -1 : 1)
                                : (a->second < b->second ? -1 : 1);
}

enum fovea_status
fovea_tiles_compare(struct fovea_tiles *tiles, float threshold,
        struct fovea_error *err)
{
    tiles->n_pairs = 0;
    if (tiles->panel.n_counted == 0 || tiles->chunk.n_counted == 0) {
        return FOVEA_OK;
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t c = 0; c < tiles->panel.n; c += FOVEA_TILE_COLUMNS) {
        for (size_t r = 0; !status && r < tiles->chunk.n;
                r += FOVEA_TILE_ROWS) {
            status = compare_tile(tiles, r, c, threshold, err);
        }
    }
    if (!status && tiles->n_pairs > 0) {
        qsort(tiles->pairs, tiles->n_pairs, sizeof *tiles->pairs,
                compare_pairs);
    }
    return status;
}
