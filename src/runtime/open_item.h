/* Items that are here, by path or in memory, as open descriptors. */
#ifndef FOVEA_RUNTIME_OPEN_IMAGE_H
#define FOVEA_RUNTIME_OPEN_IMAGE_H

#include "fovea/fovea.h"

/**
 * Open an item of any kind but FOVEA_ITEM_IMAGE_URL. What is in memory gets a
 * sealed file in memory of its own.
 *
 * @param fd_out  Owned by the caller.
 * @return FOVEA_OK; a file status; FOVEA_ERR_BASE64;
 *         FOVEA_ERR_IMAGE_TOO_MANY_BYTES and FOVEA_ERR_TEXT_TOO_LARGE, before
 *         memory is taken; FOVEA_ERR_ARGUMENT for no data or another kind; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_item_open(const struct fovea_item *item,
        const struct fovea_limits *limits, int *fd_out, uint64_t *size_out,
        struct fovea_error *err);

#endif
