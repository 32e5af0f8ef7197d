/* A picture for the bench: drawn, not stored; compressed as photographs are. */
#ifndef FOVEA_BENCH_PICTURE_H
#define FOVEA_BENCH_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_PICTURE_MIN_SIDE_PX = 8,
    FOVEA_PICTURE_MAX_SIDE_PX = 16384
};

struct fovea_bench_picture {
    uint32_t width_px;
    uint32_t height_px;
    uint8_t *rgb; /* [height_px][width_px][3] */
    uint8_t *jpeg;
    size_t jpeg_size;
};

/**
 * Draw a picture with smooth areas, edges and grain, and compress it: baseline
 * JPEG, quality 85, 4:2:0, as cameras and the web do.
 *
 * @param width_px, height_px  FOVEA_PICTURE_MIN_SIDE_PX..MAX_SIDE_PX.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_INTERNAL
 *         if the encoder fails.
 */
FOVEA_NODISCARD enum fovea_status fovea_bench_picture_create(uint32_t width_px,
        uint32_t height_px, struct fovea_bench_picture *picture_out,
        struct fovea_error *err);

/** Free what a picture owns; fine on one of all zeros. */
void fovea_bench_picture_finish(struct fovea_bench_picture *picture);

#endif
