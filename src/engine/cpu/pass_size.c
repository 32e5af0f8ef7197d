/*
 * See pass_size.h. With tiles a pass of B/32 in bfloat16 takes 8.9 ms an image with
 * eight of them, and gets slower from sixteen on; one of 257 tokens gains nothing from
 * a second image.
 */
#include "engine/cpu/pass_size.h"

#include "fovea/fovea.h"

enum {
    /* Passes of more rows than this gain nothing, and looking at them costs. */
    MOST_ROWS = 2100,
    /* The same for numbers of images above eight. */
    MOST_ROWS_OF_MANY = 600,
    MANY_IMAGES = 8,
    /* What CPUs with tiles have, where a virtual machine does not tell. */
    CACHE_BYTES = 2 * 1024 * 1024,
};

static size_t
most_of_rows(const struct fovea_tower *tower, size_t most_rows,
        size_t most_rows_of_many)
{
    const size_t n_tokens = fovea_tower_tokens(tower);
    size_t most = 1;
    for (size_t n = 2; n <= FOVEA_MAX_BATCH; n++) {
        const size_t rows = n > MANY_IMAGES ? most_rows_of_many : most_rows;
        if (fovea_units_are_prepared(tower->modality, n) &&
                n * n_tokens <= rows) {
            most = n;
        }
    }
    return most;
}

size_t
fovea_pass_most(const struct fovea_tower *tower)
{
    return tower->modality == FOVEA_MODALITY_TEXT
            ? (size_t)FOVEA_MOST_UNITS
            : most_of_rows(tower, MOST_ROWS, MOST_ROWS_OF_MANY);
}

size_t
fovea_pass_most_in_cache(const struct fovea_tower *tower, size_t element_size,
        size_t cache_bytes)
{
    const size_t row_bytes = tower->width * (sizeof(float) + element_size);
    const size_t rows = (cache_bytes ? cache_bytes : CACHE_BYTES) / row_bytes;
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        return FOVEA_MOST_UNITS;
    }
    return most_of_rows(tower, rows < MOST_ROWS ? rows : MOST_ROWS,
            rows < MOST_ROWS_OF_MANY ? rows : MOST_ROWS_OF_MANY);
}
