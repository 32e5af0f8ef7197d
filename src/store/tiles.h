/*
 * Rows against rows, a tile of them at a time: which pairs may reach a threshold.
 *
 * A panel has codes as the columns of tiles, a chunk as their rows (kernel.h).
 * What both are filled up with, to whole tiles, has a scale of 0.
 */
#ifndef FOVEA_STORE_TILES_H
#define FOVEA_STORE_TILES_H

#include "store/kernel.h"
#include "store/pair.h"
#include "store/rows.h"

enum {
    FOVEA_PANEL_ROWS = 4096, /* at most */
    FOVEA_CHUNK_ROWS = 120,
};

/** Some of the rows, one after the other. */
struct fovea_tile_side {
    uint64_t first;
    size_t n;
    size_t room;      /* a multiple of a tile's side */
    size_t n_counted; /* how many of them count */
    uint8_t *codes;   /* [room][code_size], of a panel as the kernel wants it */
    float *scales;    /* [room] */
    float *residuals; /* [room] */
    int32_t *offsets; /* [room], of a chunk */
};

/** What one thread compares with. All zeros is fine to finish. */
struct fovea_tiles {
    const struct fovea_rows *rows;
    const struct fovea_kernel *kernel;
    struct fovea_tile_side panel;
    struct fovea_tile_side chunk;
    uint8_t *codes; /* rows as they are read */
    struct fovea_codes_mark *marks;
    struct fovea_pair *pairs; /* found; without scores */
    size_t n_pairs;
    size_t capacity;
};

/** Rows of a panel and of a chunk, where there are so many. */
size_t fovea_panel_rows(size_t code_size);
size_t fovea_chunk_rows(size_t code_size);

FOVEA_NODISCARD enum fovea_status fovea_tiles_init(
        const struct fovea_rows *rows, const struct fovea_kernel *kernel,
        struct fovea_tiles *tiles_out, struct fovea_error *err);

void fovea_tiles_finish(struct fovea_tiles *tiles);

/** Make rows the panel, or the chunk: n from `first` on, at most what fits. */
FOVEA_NODISCARD enum fovea_status fovea_tiles_set_panel(
        struct fovea_tiles *tiles, uint64_t first, size_t n,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_tiles_set_chunk(
        struct fovea_tiles *tiles, uint64_t first, size_t n,
        struct fovea_error *err);

/** Find pairs of a row of the panel and a later one of the chunk whose upper bound
 *  reaches the threshold. They replace those that were found before. FOVEA_OK or
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_tiles_compare(struct fovea_tiles *tiles,
        float threshold, struct fovea_error *err);

#endif
