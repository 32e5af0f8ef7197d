/* What decoding a HEIF's primary image will take. */
#ifndef FOVEA_IMAGE_CODEC_HEIF_PRICE_H
#define FOVEA_IMAGE_CODEC_HEIF_PRICE_H

#include "image/image.h"

/**
 * From its index, before the file is loaded.
 *
 * @param info       decode_bytes and decode_work are filled in, and sides, as
 *                   the picture is stored.
 * @param frame_out  Pixels that a coded picture may have, at most.
 * @return FOVEA_OK, also for a file without an index that makes sense: libheif
 *         refuses it. FOVEA_ERR_IMAGE_CORRUPT for pictures that are made of each
 *         other; as fovea_heif_items_read().
 */
FOVEA_NODISCARD enum fovea_status fovea_heif_price(
        const struct fovea_input *input, struct fovea_image_info *info,
        uint64_t *frame_out, struct fovea_error *err);

#endif
