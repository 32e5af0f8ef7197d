/* See estimate.h. */
#include "runtime/estimate.h"

#include "wire/messages.h"
#include "wire/thumbnail.h"
#include "wire/tokens.h"

uint64_t
fovea_estimate_worker(const struct fovea_tower *tower, enum fovea_dtype dtype,
        unsigned n_threads, unsigned max_batch)
{
    size_t batch = ((size_t)max_batch + n_threads - 1) / n_threads;
    uint64_t lane = fovea_engine_cost(tower, dtype, batch).lane_bytes +
            batch *
                    (fovea_tower_row_bytes(tower) +
                            tower->dimension * sizeof(float));
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

/* Each thread has a row, the pixels of it, and what libjpeg keeps of some lines
   of them. */
uint64_t
fovea_estimate_thumbnail_worker(uint32_t side_px, unsigned n_threads)
{
    enum {
        PIXEL_BYTES = 3,
        LINE_BYTES = 256, /* of a pixel of the side */
    };
    uint64_t lane = fovea_thumbnail_row_bytes(side_px) +
            (uint64_t)PIXEL_BYTES * side_px * side_px +
            (uint64_t)LINE_BYTES * side_px;
    return FOVEA_WORKER_BASE_BYTES +
            n_threads * (lane + FOVEA_DECODE_FREE_BYTES);
}

uint64_t
fovea_estimate_tokens_worker(uint32_t context, unsigned n_threads,
        unsigned max_batch)
{
    (void)max_batch; /* rows leave one by one */
    return FOVEA_WORKER_BASE_BYTES +
            n_threads *
            (fovea_tokens_row_bytes(context) + FOVEA_DECODE_FREE_BYTES);
}
