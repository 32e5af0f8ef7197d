/* What else is asked of a PNM than its rows. */
#ifndef FOVEA_IMAGE_CODEC_PNM_H
#define FOVEA_IMAGE_CODEC_PNM_H

#include "sys/input.h"

/**
 * How long a file would be without the carriage returns that sending it as text
 * has put before its line feeds; the input's size where nothing looks like it.
 *
 * @return FOVEA_OK; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY. What is wrong with the
 *         file the decoder will say.
 */
FOVEA_NODISCARD enum fovea_status fovea_pnm_stated_size(
        const struct fovea_input *input, uint64_t *size_out,
        struct fovea_error *err);

#endif
